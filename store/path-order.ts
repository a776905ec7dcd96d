/**
 * Orders '/'-separated paths as a walk over a tree meets them when each folder's names are sorted by their UTF-8 bytes:
 * a folder first, then all that is in it, then its next sibling. Answers below, at or above 0.
 */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

// UTF-16 sorts surrogates below U+E000 to U+FFFF, UTF-8 above.
function rank(unit: number): number {
  if (unit === slash) return 0
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

const slash = 0x2f

/** Sorts file names by their UTF-8 bytes, in place. */
export function sortNames(names: string[]): string[] {
  // Without a comparer the engine compares code units, which is the same order unless surrogates meet higher units.
  names.sort()
  return names.some((name) => aboveSurrogates.test(name)) ? names.sort(comparePaths) : names
}

const aboveSurrogates = /[\ud800-\uffff]/
