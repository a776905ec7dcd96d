import { getAsset, getRawAsset, isSea } from 'node:sea'

/** True inside the packaged binary, where scripts and addons travel as assets. */
export const isPackaged: boolean = isSea()

/** A text asset of the packaged binary. @throws Error if there is no such asset: a bug in the build */
export function embeddedText(name: string): string {
  return getAsset(name, 'utf8')
}

/** The bytes of an asset of the packaged binary, not copied: do not write to them. */
export function embeddedBytes(name: string): Uint8Array {
  return new Uint8Array(getRawAsset(name) as ArrayBuffer)
}
