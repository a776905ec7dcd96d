import { randomBytes } from 'node:crypto'

/** Digits of a change id: jj's reverse hex, so that a change id never looks like a commit id. */
const letters = 'zyxwvutsrqponmlk'

/** The header of a commit that holds its change id, as jj writes it. */
export const changeIdHeader = 'change-id'

const changeIdPattern = /^[k-z]{32}$/

export function isChangeId(text: string): boolean {
  return changeIdPattern.test(text)
}

/** A new change id: 16 random bytes as 32 letters. */
export function newChangeId(): string {
  return toReverseHex(randomBytes(16))
}

/**
 * The change id that jj derives for a commit without a `change-id` header: bytes 4 to 19 of the commit id, in reverse
 * order, each with its bits reversed.
 */
export function derivedChangeId(commit: string): string {
  const bytes = Buffer.from(commit, 'hex').subarray(4, 20).reverse()
  return toReverseHex(bytes.map(reverseBits))
}

/** The 16 bytes of a change id. */
export function changeIdBytes(changeId: string): Buffer {
  return Buffer.from(
    changeId.replace(/./g, (letter) => letters.indexOf(letter).toString(16)),
    'hex',
  )
}

/** The 32 letters of 16 bytes. */
export function toReverseHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += letters[byte >> 4]! + letters[byte & 15]!
  return text
}

function reverseBits(byte: number): number {
  let reversed = 0
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) reversed |= 128 >> bit
  return reversed
}
