/** Bytes of the largest chunk, which is a tree or a recipe: content is cut into far smaller ones. */
export const maximumObject = 64 * 1024 * 1024
/** Bytes of the largest blob that is read in one piece. */
export const maximumBlobInMemory = 2 ** 31 - 1
/** Raw bytes that a frame is filled up to; only a larger single chunk makes a larger frame. */
export const frameTarget = 256 * 1024
/** A pack is closed once its frames take this many bytes, … */
export const packTarget = 64 * 1024 * 1024
/** … or hold this many raw bytes, … */
export const packRawTarget = 1024 * 1024 * 1024
/** … or this many chunks. */
export const packChunkTarget = 128 * 1024
/** Raw bytes that a pack from elsewhere may unfold to: what a writer may reach, and its last frame. */
export const maximumPackRaw = packRawTarget + maximumObject
/** Bytes of an index section that are accepted from elsewhere. */
export const maximumSection = 64 * 1024 * 1024
