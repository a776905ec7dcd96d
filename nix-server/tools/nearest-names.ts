/** Up to `count` of `names` that `wanted` may have meant, likeliest first; none where nothing is near. */
export function nearestNames(names: Iterable<string>, wanted: string, count: number): string[] {
  const target = wanted.toLowerCase()
  // One slip in every three letters, and never so many that any short word would do.
  const limit = Math.max(1, Math.floor(target.length / 3))
  const scored: { name: string; score: number }[] = []
  for (const name of names) {
    const contained = name.length > 1 && (target.includes(name.toLowerCase()) || name.toLowerCase().includes(target))
    const distance = editDistance(name.toLowerCase(), target)
    if (distance <= limit || contained) scored.push({ name, score: contained ? Math.min(distance, limit) : distance })
  }
  return scored
    .sort((a, b) => a.score - b.score || a.name.localeCompare(b.name))
    .slice(0, count)
    .map(({ name }) => name)
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= a.length; row++) {
    const above = rows[row - 1]!
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let best = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) best = Math.min(best, rows[row - 2]![column - 2]! + 1)
      current.push(best)
    }
    rows.push(current)
  }
  return rows[a.length]![b.length]!
}
