/** Order of two names by their UTF-8 bytes, which differs from JavaScript's own order beyond U+D7FF. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

// Surrogates stand for code points above all others, though their code units lie below U+E000.
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** Sorts names by their UTF-8 bytes, in place. */
export function sortNames(names: string[]): string[] {
  return names.sort(names.some((name) => /[\ud800-\uffff]/.test(name)) ? compareNames : undefined)
}
