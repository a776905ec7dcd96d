/** Names of entries of `.zagi/env` that are not tools. */
const reserved = new Set(['bin', 'stamp', 'vars'])

/** True for a tool name such as `node`: safe as a folder name below `.zagi/env`. */
export function isToolName(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/.test(text) && !reserved.has(text)
}

/** True for a version such as `22.9.0`: safe as a folder name. */
export function isToolVersion(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9][A-Za-z0-9._+~-]{0,99}$/.test(text)
}

/** True for the name of a program, which may be as odd as `[`. */
export function isProgramName(text: unknown): text is string {
  return typeof text === 'string' && /^[^/\x00-\x1f\x7f]{1,255}$/.test(text) && text !== '.' && text !== '..'
}
