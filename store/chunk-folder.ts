import type { ChunkFolderOptions, ChunkStatistics } from './types.ts'
export function chunkFolder(_folder: string, _options: ChunkFolderOptions = {}): Promise<ChunkStatistics> {
  throw new Error('Bug: not written yet')
}
