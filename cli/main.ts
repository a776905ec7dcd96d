// The way to `--version` and `hook` is short on purpose: shells run them at every start.
import { writeSync } from 'node:fs'
import { versionLine } from './version.ts'

function main(): void {
  const words = process.argv.slice(2)
  if (words.length === 1 && words[0] === '--version') {
    print(`${versionLine()}\n`)
    return
  }
  void import('./program.ts').then(({ runProgram }) => runProgram(words, process.env))
}

// Without the stream objects of process.stdout, which take milliseconds to make. A reader that is gone is no failure.
function print(text: string): void {
  try {
    writeSync(1, text)
  } catch {
    process.stdout.on('error', () => {})
    process.stdout.write(text)
  }
}

main()
