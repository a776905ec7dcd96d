/** What the program itself colours with, see {@link Terminal}. */
const ownColour = /^\x1b\[(?:1|2|22|31|39)m$/

/**
 * A text that may go to a terminal: names, messages and answers of servers come from others, and must not move the
 * cursor, change the title or hide anything. Line feeds, tabs and our own colours pass.
 */
export function printable(text: string): string {
  return text.replace(/\x1b\[\d{1,2}m|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (found) =>
    ownColour.test(found) ? found : shown(found),
  )
}

/** The same in one line, without any colour: for messages with names and answers of others in them. */
export function printableLine(text: string): string {
  return printable(text.replace(/\r?\n/g, ' ').replaceAll('\x1b', '\\x1b'))
}

/** A name or a path of somebody else in the middle of a line: nothing in it begins a line or changes a colour. */
export function printableName(name: string): string {
  return printable(name.replace(/[\n\t\x1b]/g, shown))
}

function shown(characters: string): string {
  const code = characters.charCodeAt(0)
  const start = code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  return start + characters.slice(1)
}
