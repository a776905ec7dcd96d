import { relative, resolve } from 'node:path'
import { command, optionalWord, word } from '../command.ts'
import { count, duration, size } from '../human-words.ts'
import { lackingLines, lackingStatus, partLines } from '../parts-summary.ts'
import { shellWord } from '../shell-word.ts'

export const clone = command({
  name: 'clone',
  about: [
    'Fetches a project with everything it needs to run: source, dependencies and tools. What this machine has already, from whichever project, is not fetched again.',
    'The project is trusted by you from then on. Open a shell with the hook in its folder, or use "zagi run".',
  ],
  arguments: {
    source: word(
      'SOURCE',
      'OWNER/NAME at the default server, or an address: https://HOST/OWNER/NAME, file:///DIR/OWNER/NAME',
    ),
    folder: optionalWord('FOLDER', 'Where to; NAME in the current folder if left out'),
  },
  examples: [
    ['clone demo/my-app', 'From the default server'],
    ['clone https://zagi.example.org/demo/my-app app', 'From another server, into the folder app'],
  ],
  async run({ source, folder }, { settings, terminal, operation }) {
    const { cloneProject } = await import('../../project/index.ts')
    const started = performance.now()
    const target = folder === undefined ? {} : { folder: resolve(settings.folder, folder) }
    const cloned = await cloneProject(settings.user, { source, ...target, ...operation })
    const milliseconds = Math.round(performance.now() - started)
    const shown = relative(settings.folder, cloned.folder) || '.'
    terminal.line(
      cloned.commit === undefined
        ? `Cloned ${cloned.remote.repository} into ${shown}: it has no commit yet`
        : `Cloned ${cloned.remote.repository} into ${shown} (branch ${cloned.branch}, ${count(cloned.files, 'source file')})`,
    )
    for (const line of partLines(cloned.parts)) terminal.line(`  ${line}`)
    for (const line of lackingLines(cloned.lacking)) terminal.warn(line)
    const got = cloned.chunks > 0 ? ` in ${count(cloned.chunks, 'chunk')}` : ''
    const reused =
      cloned.reused > 0
        ? ` (${count(cloned.reused, 'chunk')} ${cloned.reused === 1 ? 'was' : 'were'} here already)`
        : ''
    terminal.line(`Received: ${size(cloned.bytes)}${got}${reused}`)
    terminal.line(`Time: ${duration(milliseconds)}`)
    if (shown !== '.') terminal.line(`Next: cd ${shellWord(shown)}`)
    const { remote, commit, ...rest } = cloned
    terminal.object({
      ...rest,
      commit,
      repository: remote.repository,
      server: remote.server,
      milliseconds,
    })
    return lackingStatus(cloned.lacking)
  },
})
