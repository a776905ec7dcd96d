import { changeIdHeader, derivedChangeId, isChangeId } from './change-id.ts'
import { decodeCommit, type GitCommit } from './git/git-commit.ts'
import { emptyTree, taggedObject } from './git/git-object.ts'
import type { ObjectDatabase } from './git/object-database.ts'
import type { Graph } from './graph.ts'
import type { Change } from './types.ts'

/** How many commits are kept parsed; then they are read again. */
const cacheLimit = 50_000

/** Reads commits, each once. */
export class Commits implements Graph {
  readonly #objects: ObjectDatabase
  readonly #known = new Map<string, GitCommit>()

  constructor(objects: ObjectDatabase) {
    this.#objects = objects
  }

  /** @throws ZagiError GIT_OBJECT_CORRUPT */
  get(id: string): GitCommit {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const commit = decodeCommit(this.#objects.readAs('commit', id), id)
    if (this.#known.size >= cacheLimit) this.#known.clear()
    this.#known.set(id, commit)
    return commit
  }

  parents(id: string): readonly string[] {
    return this.get(id).parents
  }

  time(id: string): number {
    return this.get(id).committer.time
  }

  /** The commit with its change id. */
  change(id: string): Change {
    const { tree, parents, author, committer, message } = this.get(id)
    const before = parents[0] === undefined ? emptyTree : this.get(parents[0]).tree
    const empty = tree === before
    return { commit: id, changeId: this.changeId(id), parents, tree, author, committer, message, empty }
  }

  /** What the `change-id` header says, else the id that is derived from the commit's. */
  changeId(id: string): string {
    const header = this.get(id).extra.find(({ name }) => name === changeIdHeader)?.value
    return header !== undefined && isChangeId(header) ? header : derivedChangeId(id)
  }

  /** The commit that an annotated tag, or a tag of a tag, is about; undefined where it is about something else. */
  peel(id: string): string | undefined {
    for (let at: string | undefined = id; at !== undefined; ) {
      const object = this.#objects.readIfPresent(at)
      if (object === undefined || object.kind === 'commit') return object && at
      if (object.kind !== 'tag') return undefined
      at = taggedObject(object)
    }
    return undefined
  }
}
