// UTF-8 sorts surrogates, which stand for code points above all others, behind U+E000 to U+FFFF; UTF-16 does not.
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** Order of two entries of a Git tree, which sorts as if the names of folders ended in "/". */
export function compareEntryNames(a: string, aIsFolder: boolean, b: string, bIsFolder: boolean): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return endOf(a, aIsFolder, length) - endOf(b, bIsFolder, length)
}

function endOf(name: string, isFolder: boolean, at: number): number {
  if (at < name.length) return rank(name.charCodeAt(at))
  return isFolder ? 0x2f : 0
}
