/** Nix's digits: no e, o, t, u. */
const digits = '0123456789abcdfghijklmnpqrsvwxyz'

/** Characters of the encoding of `bytes` bytes. */
export function nixBase32Length(bytes: number): number {
  return Math.ceil((bytes * 8) / 5)
}

/** Nix's own base 32: the bytes are taken from the last to the first, five bits a digit, most significant first. */
export function encodeNixBase32(bytes: Uint8Array): string {
  let text = ''
  for (let digit = nixBase32Length(bytes.length) - 1; digit >= 0; digit--) {
    const at = (digit * 5) >> 3
    const shift = (digit * 5) & 7
    text += digits[(((bytes[at] ?? 0) >> shift) | ((bytes[at + 1] ?? 0) << (8 - shift))) & 31]
  }
  return text
}

/** The `length` bytes that a text stands for; undefined unless it is exactly what {@link encodeNixBase32} writes. */
export function decodeNixBase32(text: string, length: number): Buffer | undefined {
  if (text.length !== nixBase32Length(length)) return undefined
  const bytes = Buffer.alloc(length)
  for (let digit = 0; digit < text.length; digit++) {
    const value = digits.indexOf(text[text.length - 1 - digit]!)
    if (value < 0) return undefined
    const at = (digit * 5) >> 3
    const shifted = value << ((digit * 5) & 7)
    bytes[at]! |= shifted & 0xff
    if (at + 1 < length) bytes[at + 1]! |= shifted >> 8
    else if (shifted > 0xff) return undefined
  }
  return bytes
}
