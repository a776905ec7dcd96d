import { decodeRecipe } from './blob.ts'
import type { Id, Roots, Store } from './types.ts'

/** Every chunk id below the roots. Walks without recursion: a hostile tree may be a million folders deep. */
export function reachable(store: Store, roots: Roots): Set<Id> {
  const ids = new Set<Id>()
  const trees: Id[] = []
  // Not told apart by `ids`: what is content in one place may be a tree or a recipe in another.
  const walked = new Set<Id>()
  const recipes = new Set<Id>()
  const add = (id: Id) => {
    if (!ids.has(id) && !store.has(id)) store.read(id)
    ids.add(id)
  }
  const addBlob = (id: Id, chunked: boolean) => {
    add(id)
    if (!chunked || recipes.has(id)) return
    recipes.add(id)
    for (const chunk of decodeRecipe(store.read(id)).chunks) add(chunk.id)
  }
  const addTree = (id: Id) => {
    if (walked.has(id)) return
    walked.add(id)
    add(id)
    trees.push(id)
  }
  for (const blob of roots.blobs) addBlob(blob.id, blob.chunked)
  for (const id of roots.trees) addTree(id)
  for (let id = trees.pop(); id !== undefined; id = trees.pop()) {
    for (const entry of store.readTree(id).entries) {
      if (entry.kind === 'tree') addTree(entry.id)
      else if (entry.kind === 'file') addBlob(entry.id, entry.chunked)
    }
  }
  return ids
}
