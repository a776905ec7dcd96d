/** Letters of a change id that are shown at least: most repositories never need more. */
const fewest = 4

/** The name of a change for people: the shortest prefix of its change id that is unique, but no fewer than four letters. */
export function changeName(change: { changeId: string; prefixLength?: number }): string {
  return change.changeId.slice(0, Math.max(fewest, change.prefixLength ?? 0))
}
