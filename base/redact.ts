/** Takes what may be a secret out of a text meant for logs and messages: credentials in URLs and bearer tokens. */
export function redact(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/gi, '$1***@')
    .replace(/(bearer\s+)[^\s"',]+/gi, '$1***')
    .replace(/\bzagi_[rw]_[A-Za-z0-9_-]+/g, 'zagi_***')
}
