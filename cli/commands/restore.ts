import { relative, resolve } from 'node:path'
import { command, word } from '../command.ts'
import { count, duration, grouped } from '../human-words.ts'

export const restore = command({
  name: 'restore',
  about: [
    'Brings the files of a snapshot back into a folder: content, modes, times and links. Files that the snapshot does not know stay; files that differ are overwritten, after a snapshot of what was there.',
  ],
  arguments: {
    manifest: word('MANIFEST', 'A file that "zagi snapshot" wrote'),
    folder: word('DIR', 'Where to; made if it is not there'),
  },
  examples: [['restore .zagi/snapshots/0123456789ab.manifest .', 'The current folder as it was']],
  async run({ manifest, folder }, { settings, terminal, operation }) {
    const { openUserStore, restoreSnapshot } = await import('../../project/index.ts')
    const started = performance.now()
    const result = await restoreSnapshot(openUserStore(settings.user), {
      manifest: resolve(settings.folder, manifest),
      folder: resolve(settings.folder, folder),
      ...operation,
    })
    const milliseconds = Math.round(performance.now() - started)
    const ways = [
      [result.linked, 'hard-linked from the store'],
      [result.copied, 'copied'],
      [result.unchanged, 'unchanged'],
    ] as const
    const told = ways.filter(([number]) => number > 0).map(([number, way]) => `${grouped(number)} ${way}`)
    terminal.line(`Restored: ${count(result.files, 'file')}${told.length > 0 ? ` (${told.join(', ')})` : ''}`)
    terminal.line(`Time: ${duration(milliseconds)}`)
    if (result.before !== undefined) {
      terminal.line(`Undo with: zagi restore ${relative(settings.folder, result.before)} ${folder}`)
    }
    terminal.object({ ...result, milliseconds })
  },
})
