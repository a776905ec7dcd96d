const preRelease = new Set([
  'alpha',
  'beta',
  'canary',
  'dev',
  'nightly',
  'pre',
  'preview',
  'rc',
  'snapshot',
  'unstable',
])

/** The numbers and words of a version: "1.4.0-rc2" is 1, 4, 0, "rc", 2. */
function parts(version: string): (number | string)[] {
  return (version.toLowerCase().match(/[0-9]+|[a-z]+/g) ?? []).map((part) =>
    /^[0-9]/.test(part) ? Number(part) : part,
  )
}

/** True for versions that are not finished ones: "2.0.0-rc1". */
function isPreRelease(version: string): boolean {
  return parts(version).some((part) => typeof part === 'string' && preRelease.has(part))
}

/** Orders versions from old to new: numbers as numbers, a pre-release before its release, "1.1a" after "1.1". */
export function compareVersions(a: string, b: string): number {
  const left = parts(a)
  const right = parts(b)
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = rank(left[at]) - rank(right[at])
    if (difference !== 0) return difference
    if (left[at] === right[at]) continue
    if (typeof left[at] === 'number') return (left[at] as number) - (right[at] as number)
    return left[at]! < right[at]! ? -1 : 1
  }
  return a < b ? -1 : a > b ? 1 : 0
}

// Pre-release words come before the end of a version, other words after it, numbers last: rc < (end) < a < 1.
function rank(part: number | string | undefined): number {
  if (part === undefined) return 1
  if (typeof part === 'number') return 3
  return preRelease.has(part) ? 0 : 2
}

/** True where `wanted` is `version` or its beginning up to the end of a part: 22 for 22.9.0, not for 220. */
export function matchesVersion(version: string, wanted: string): boolean {
  if (version === wanted) return true
  return version.startsWith(wanted) && /^[.+_-]/.test(version.slice(wanted.length))
}

/** The newest of `versions` that matches; a pre-release only where there is nothing else. */
export function newestMatch(versions: Iterable<string>, wanted: string | undefined): string | undefined {
  const matching = [...versions].filter((version) => wanted === undefined || matchesVersion(version, wanted))
  const finished = matching.filter((version) => !isPreRelease(version))
  return (finished.length > 0 ? finished : matching).sort(compareVersions).at(-1)
}

/** Up to `count` versions that are numerically nearest to `wanted`, nearest first. */
export function nearestVersions(versions: Iterable<string>, wanted: string, count: number): string[] {
  const target = parts(wanted).map(Number)
  const distance = (version: string) => target.map((part, at) => Math.abs(part - Number(parts(version)[at] ?? 0)))
  return [...versions]
    .map((version) => ({ version, distance: distance(version) }))
    .sort((a, b) => compareLists(a.distance, b.distance) || compareVersions(b.version, a.version))
    .slice(0, count)
    .map(({ version }) => version)
}

function compareLists(a: number[], b: number[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  if (at < 0) return 0
  // A word is no number: no distance at all is farther than any.
  return (Number.isNaN(a[at]) ? Infinity : a[at]!) - (Number.isNaN(b[at]) ? Infinity : b[at]!) || 0
}
