// One command: called, or in a process of its own that tests can kill: node commands.ts COMMAND FOLDER CRASH-POINT [SOURCE]
import { armCrashPoint, isZagiError } from '../../base/index.ts'
import { openRepository } from '../../history/index.ts'
import { author } from './zagi-repository.ts'

/** Runs a command as the program would: opens the repository, and answers the code of the error it ended with, if any. */
export async function runCommand(command: string, folder: string, source = ''): Promise<string> {
  const repository = openRepository(folder, { now: () => Date.now() })!
  try {
    if (command === 'snapshot') await repository.snapshot({ author })
    else if (command === 'commit') await repository.commit({ author, message: 'the commit' })
    else if (command === 'many') for (let i = 0; i < 5; i++) await repository.snapshot({ author })
    else {
      const from = openRepository(source, { now: () => Date.now() })!
      const commit = from.branches()['main']!
      const packed = await from.packFor({ want: [commit], have: Object.values(repository.remoteRefs('origin')) })
      if (packed !== undefined) await repository.importPack(packed.name, packed.pack)
      repository.setRemoteRefs('origin', { 'refs/heads/main': commit })
      await repository.checkout({ author, commit, branch: 'main' })
    }
    return ''
  } catch (error) {
    if (!isZagiError(error)) throw error
    return error.code
  }
}

if (import.meta.main) {
  const [command = '', folder = '', point = '', source] = process.argv.slice(2)
  if (point !== '') armCrashPoint(point)
  console.log(await runCommand(command, folder, source))
}
