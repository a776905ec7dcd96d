// The way to `--version` and `hook` is short on purpose: shells run the one at every start, scripts the other.
import { writeSync } from 'node:fs'
import { versionLine } from './version.ts'

async function main(words: string[]): Promise<void> {
  if (words.length === 1 && words[0] === '--version') return print(`${versionLine()}\n`)
  if (words[0] === 'hook' && words.slice(1).every((word) => !word.startsWith('-'))) {
    const code = await hookCode(words.slice(1))
    if (code !== undefined) return print(code)
  }
  const { runProgram } = await import('./program.ts')
  return runProgram(words, process.env)
}

// Whatever is wrong with the words is said by the long way.
async function hookCode([word, ...more]: string[]): Promise<string | undefined> {
  if (more.length > 0) return undefined
  const { guessShell, parseShell } = await import('./guess-shell.ts')
  const { hookScript } = await import('../hook/index.ts')
  const { ownProgram } = await import('./own-program.ts')
  try {
    const shell = word === undefined ? guessShell(process.env['SHELL']) : parseShell(word)
    return hookScript(shell, { program: ownProgram() })
  } catch {
    return undefined
  }
}

// Without the stream objects of process.stdout, which take milliseconds to make.
function print(text: string): void {
  let rest = Buffer.from(text)
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest))
  } catch {
    // A full pipe that does not block waits in the stream; a reader that is gone is no failure.
    process.stdout.on('error', () => {})
    process.stdout.write(rest)
  }
}

void main(process.argv.slice(2))
