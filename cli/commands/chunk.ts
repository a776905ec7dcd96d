import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { explaining } from '../../base/index.ts'
import { readChunkRun, writeChunkRun } from '../chunk-run.ts'
import { command, word } from '../command.ts'
import { grouped, share, size } from '../human-words.ts'

export const chunk = command({
  name: 'chunk',
  about: [
    'Cuts a folder into chunks as the store would, stores nothing, and shows what it would take. The next run on the same folder also shows how much could be reused from this one.',
  ],
  arguments: { folder: word('DIR', 'The folder to measure') },
  examples: [
    ['chunk node_modules', 'Files, chunks, and how many of them are distinct'],
    ['chunk node_modules --json', 'The same as numbers'],
  ],
  async run({ folder }, { settings, terminal, operation }) {
    const { chunkFolder } = await import('../../store/index.ts')
    const { openUserStore } = await import('../../project/index.ts')
    // Nothing goes into the store, but the program's native parts are unpacked beside it.
    openUserStore(settings.user).close()
    const target = explaining('look at', folder, () => realpathSync(resolve(settings.folder, folder)))
    const result = await chunkFolder(target, operation)
    const { ids, ...counts } = result
    const before = readChunkRun(settings.user.home, target)
    let newChunks = 0
    let newBytes = 0
    for (const [id, bytes] of ids) {
      if (before?.has(id)) continue
      newChunks++
      newBytes += bytes
    }
    terminal.line(`Files: ${grouped(counts.files)}`)
    terminal.line(`Distinct files: ${grouped(counts.distinctFiles)}`)
    terminal.line(`Total: ${size(counts.bytes)}`)
    terminal.line(`Chunks: ${grouped(counts.chunks)}`)
    const saved = share(counts.chunks - counts.uniqueChunks, counts.chunks)
    terminal.line(`Unique: ${grouped(counts.uniqueChunks)}, ${size(counts.uniqueBytes)} (dedup ratio: ${saved})`)
    if (before !== undefined) {
      const reused = share(counts.uniqueChunks - newChunks, counts.uniqueChunks)
      terminal.line(`New chunks: ${grouped(newChunks)}, ${size(newBytes)} (${reused} reused)`)
    }
    terminal.object({ ...counts, ...(before === undefined ? {} : { newChunks, newBytes }) })
    writeChunkRun(settings.user.home, target, ids.keys())
  },
})
