/**
 * One step of a walk through a store path, in NAR order: a folder, everything in it sorted by the bytes of the names,
 * then the end of the folder. `path` is '/'-separated and '' for the store path itself.
 */
export type StoreEntry =
  | { kind: 'folder'; path: string }
  | { kind: 'end'; path: string }
  | { kind: 'link'; path: string; target: string }
  /** `read` gives the whole content; it may be called once, before the next step. */
  | { kind: 'file'; path: string; executable: boolean; size: number; read(): Buffer }

/** Deepest nesting of folders that is followed. */
export const maximumDepth = 256
/** Largest single file of a tool, in bytes: a file is held in memory while it is looked through. */
export const maximumFile = 2 ** 31 - 1
export const maximumNameBytes = 255
export const maximumTargetBytes = 4095

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a name or link target; undefined where it is not UTF-8. */
export function strictText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
