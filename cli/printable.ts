/**
 * A text that may go to a terminal: names, messages and answers of servers come from others, and must not move the
 * cursor, change the title or hide anything. Line feeds, tabs and our own colours pass.
 */
export function printable(text: string): string {
  return text.replace(/\x1b\[\d{1,2}m|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (found) => {
    if (found.length > 1) return found
    const code = found.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
}

/** The same in one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/\r?\n/g, ' '))
}
