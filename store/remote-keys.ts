import type { Id } from './types.ts'

// docs/formats/remote-layout.md

export function packKey(id: Id): string {
  return `packs/${id.slice(0, 2)}/${id}.pack`
}

export function packIndexKey(id: Id): string {
  return `packs/${id.slice(0, 2)}/${id}.index`
}

export function manifestKey(repository: string, id: Id): string {
  return `repos/${repository}/manifests/${id}`
}

/** The pack whose index a key names, or undefined. */
export function packOfIndexKey(key: string): Id | undefined {
  const [, folder, id] = /^packs\/([0-9a-f]{2})\/([0-9a-f]{64})\.index$/.exec(key) ?? []
  return id?.startsWith(folder!) ? id : undefined
}
