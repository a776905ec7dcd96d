import type { Id, Store, Tree } from '../store/index.ts'

/** Tells which folders a tree has; each tree is read once. */
export function treeFolders(store: Store, root: Id): (path: string[]) => boolean {
  const known = new Map<string, Tree | undefined>([['', store.readTree(root)]])
  const find = (path: string[]): Tree | undefined => {
    const key = path.join('/')
    if (!known.has(key)) {
      const entry = find(path.slice(0, -1))?.entries.find(({ name, kind }) => name === path.at(-1) && kind === 'tree')
      known.set(key, entry === undefined ? undefined : store.readTree(entry.id))
    }
    return known.get(key)
  }
  return (path) => find(path) !== undefined
}
