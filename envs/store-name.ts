/** Nix's base32: no e, o, t, u. */
const digits = '0123456789abcdfghijklmnpqrsvwxyz'

/** Characters of the hash that starts a store path's name. */
export const hashLength = 32

const storeName = new RegExp(`^[${digits}]{${hashLength}}-[A-Za-z0-9+\\-_?=][A-Za-z0-9+\\-._?=]{0,210}$`)

/** True for `<32 characters of Nix base32>-<name>`: the base name of a store path. Such a name is safe as a file name. */
export function isStoreName(text: unknown): text is string {
  return typeof text === 'string' && storeName.test(text)
}
