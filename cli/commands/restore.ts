import { relative, resolve } from 'node:path'
import { ZagiError } from '../../base/index.ts'
import { type CommandContext, command, optionalWord } from '../command.ts'
import { count, duration, grouped } from '../human-words.ts'
import { shellWord } from '../shell-word.ts'

export const restore = command({
  name: 'restore',
  about: [
    'Brings the files of a snapshot back into a folder: content, modes, times and links. Files that the snapshot does not know stay; files that differ are overwritten, after a snapshot of what was there.',
    'Alone, it brings back the dependencies and tools of this project as they are recorded: after "git switch" went to a commit with others, or after the folders were removed.',
  ],
  arguments: {
    manifest: optionalWord('MANIFEST', 'A file that "zagi snapshot" wrote'),
    folder: optionalWord('DIR', 'Where to; made if it is not there'),
  },
  examples: [
    ['restore .zagi/snapshots/0123456789ab.manifest .', 'The current folder as it was'],
    ['restore', 'Dependencies and tools as they are recorded'],
  ],
  async run({ manifest, folder }, context) {
    if (manifest === undefined) await restoreRecorded(context)
    else if (folder !== undefined) await restoreManifest({ manifest, folder }, context)
    else {
      throw new ZagiError('USAGE', 'It is not said where to restore the snapshot', {
        hint: `Name a folder: zagi restore ${shellWord(manifest)} .`,
      })
    }
  },
})

async function restoreManifest(
  { manifest, folder }: { manifest: string; folder: string },
  { settings, terminal, operation }: CommandContext,
): Promise<void> {
  const { openUserStore, restoreSnapshot } = await import('../../project/index.ts')
  const started = performance.now()
  const { before, ...result } = await restoreSnapshot(openUserStore(settings.user), {
    manifest: resolve(settings.folder, manifest),
    folder: resolve(settings.folder, folder),
    ...operation,
  })
  const milliseconds = Math.round(performance.now() - started)
  terminal.line(`Restored: ${told(result)}`)
  terminal.line(`Time: ${duration(milliseconds)}`)
  if (before !== undefined) {
    terminal.line(`Undo with: zagi restore ${shellWord(relative(settings.folder, before))} ${shellWord(folder)}`)
  }
  terminal.object({ ...result, before, tools: [], milliseconds })
}

async function restoreRecorded({ settings, terminal, operation }: CommandContext): Promise<void> {
  const { openProject, restoreParts } = await import('../../project/index.ts')
  const started = performance.now()
  const project = openProject(settings.user, settings.folder)
  const { tools, deps, before } = await restoreParts(project, operation)
  const milliseconds = Math.round(performance.now() - started)
  terminal.line(`Dependencies: ${deps === undefined ? 'none are recorded' : told(deps)}`)
  terminal.line(`Tools: ${tools.length === 0 ? 'none are recorded' : tools.join(', ')}`)
  terminal.line(`Time: ${duration(milliseconds)}`)
  if (before !== undefined) {
    const [from, to] = [before, project.folder].map((path) => shellWord(relative(settings.folder, path) || '.'))
    terminal.line(`Undo with: zagi restore ${from} ${to}`)
  }
  terminal.object({ ...(deps ?? nothing), before, tools, milliseconds })
}

const nothing = { files: 0, bytes: 0, linked: 0, copied: 0, unchanged: 0, removed: 0 }

function told(result: typeof nothing): string {
  const ways = [
    [result.linked, 'hard-linked from the store'],
    [result.copied, 'copied'],
    [result.unchanged, 'unchanged'],
  ] as const
  const words = ways.filter(([number]) => number > 0).map(([number, way]) => `${grouped(number)} ${way}`)
  const removed = result.removed > 0 ? `, ${grouped(result.removed)} removed` : ''
  return `${count(result.files, 'file')}${words.length > 0 ? ` (${words.join(', ')})` : ''}${removed}`
}
