import { relative, resolve } from 'node:path'
import { command, optionalWord } from '../command.ts'
import { count, size } from '../human-words.ts'
import { shellWord } from '../shell-word.ts'

export const snapshot = command({
  name: 'snapshot',
  about: [
    'Stores a folder exactly as it is, without history, and writes a manifest that brings it back. Works anywhere, not only in projects. Left out: .git and .zagi.',
  ],
  arguments: { folder: optionalWord('DIR', 'The folder; the current one if left out') },
  examples: [
    ['snapshot', 'The current folder'],
    ['snapshot node_modules', 'One folder'],
  ],
  async run({ folder }, { settings, terminal, operation }) {
    const { openUserStore, takeSnapshot } = await import('../../project/index.ts')
    const target = resolve(settings.folder, folder ?? '.')
    const taken = await takeSnapshot(openUserStore(settings.user), target, operation)
    const manifest = relative(settings.folder, taken.manifest)
    const { newChunks, storedBytes } = taken.write
    terminal.line(`Manifest: ${manifest}`)
    terminal.line(
      `Stored: ${count(taken.files, 'file')}, ${size(taken.bytes)}; new in the store: ${count(newChunks, 'chunk')}, ${size(storedBytes)}`,
    )
    terminal.line(`Bring it back with: zagi restore ${shellWord(manifest)} ${shellWord(folder ?? '.')}`)
    terminal.object({
      manifest: taken.manifest,
      id: taken.id,
      files: taken.files,
      folders: taken.folders,
      links: taken.links,
      bytes: taken.bytes,
      newChunks,
      newBytes: taken.write.newBytes,
      storedBytes,
    })
  },
})
