/** Nix's base32: no e, o, t, u. */
export const digits = '0123456789abcdfghijklmnpqrsvwxyz'

/** Characters of the hash that starts a store path's name. */
export const hashLength = 32

/** What a reference begins with, less its leading slash: compilers may keep that one elsewhere. */
export const storePrefix = 'nix/store/'

/** Characters of the text `nix/store/<32>-`: what is found, blanked and rewritten. */
export const referenceLength = storePrefix.length + hashLength + 1

/** Stands for each hash character in the stored form. Nix's base32 does not have it, so no hash can look like a blank. */
export const blank = 'e'

const storeName = new RegExp(`^[${digits}]{${hashLength}}-[A-Za-z0-9+\\-_?=][A-Za-z0-9+\\-._?=]{0,210}$`)

/** True for `<32 characters of Nix base32>-<name>`: the base name of a store path. Such a name is safe as a file name. */
export function isStoreName(text: unknown): text is string {
  return typeof text === 'string' && storeName.test(text)
}

/** Byte → 1 if it is a character of Nix's base32. */
export const isDigit: Uint8Array = new Uint8Array(256)
for (const digit of digits) isDigit[digit.charCodeAt(0)] = 1
