import { rmSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { explaining, isPackaged, ZagiError } from '../../base/index.ts'
import { command } from '../command.ts'
import { dropInstallerLines, rcFiles } from '../rc-files.ts'

export const uninstall = command({
  name: 'uninstall',
  about: [
    'Takes the program off this machine, and the lines that the installer put into the rc files of your shells. Projects, the store and tools stay: nothing of your work is in the program.',
  ],
  arguments: {},
  examples: [['uninstall', 'Says what it removed, and what is left']],
  async run(_values, { settings, terminal }) {
    if (!isPackaged) {
      throw new ZagiError('USAGE', 'This zagi runs from its sources and is not installed', {
        hint: 'Remove the folder of the sources instead',
      })
    }
    const removed: string[] = []
    const { homeFolder, home } = settings.user
    for (const file of rcFiles(homeFolder, settings.environment)) {
      if (dropInstallerLines(file)) removed.push(`the line of zagi in ${file}`)
    }
    // A program by another name was put there by hand: it stays.
    if (basename(process.execPath) === 'zagi') {
      explaining('remove', process.execPath, () => rmSync(process.execPath))
      removed.push(process.execPath)
    }
    for (const one of removed) terminal.line(`Removed ${one}`)
    const left = statSync(home.root, { throwIfNoEntry: false }) ? home.root : undefined
    if (left !== undefined) terminal.line(`Left in place: ${left} (the store and the tools that your projects use)`)
    terminal.object({ removed, left })
  },
})
