import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/** Marks the place in the Node binary that the injection switches on; fixed by Node. */
const sentinel = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

export interface ExecutableOptions {
  /** The CommonJS file that runs. */
  main: string
  /** Asset name → file. */
  assets: Record<string, string>
  /** For intermediate files. */
  workFolder: string
  output: string
}

/** Makes a single executable file of a script, its assets and the Node of the npm package `node`. */
export function buildExecutable({ main, assets, workFolder, output }: ExecutableOptions): void {
  // Stripping comes first: a binary that is stripped after the injection crashes.
  const { resolve } = createRequire(import.meta.url)
  copyFileSync(join(dirname(resolve('node/package.json')), 'bin/node'), output)
  chmodSync(output, 0o755)
  const run = (program: string, words: string[], hint = '') => runProgram(program, words, { cwd: workFolder, hint })
  run('strip', [output], 'Install it with: apt-get install binutils')
  const blob = 'zagi.blob'
  const configuration = 'sea.json'
  writeFileSync(
    join(workFolder, configuration),
    JSON.stringify({
      // The path goes into the binary: relative, so that the same sources make the same bytes anywhere.
      main: relative(workFolder, main),
      output: blob,
      assets,
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      useCodeCache: true,
      // Else a NODE_OPTIONS that the user has for other programs would reach this one.
      execArgvExtension: 'none',
      execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=DeprecationWarning'],
    }),
  )
  // The code cache fits the very binary that made it, and with a fixed seed it has the same bytes each time.
  run(output, ['--random-seed=1', '--experimental-sea-config', configuration])
  run(process.execPath, [resolve('postject/dist/cli.js'), output, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', sentinel])
}

function runProgram(program: string, words: string[], { cwd, hint }: { cwd: string; hint: string }): void {
  const { error, status, signal, stdout, stderr } = spawnSync(program, words, { cwd, encoding: 'utf8' })
  if (error) throw new Error(`Could not run "${program}": ${error.message}. ${hint}`)
  if (status !== 0)
    throw new Error(`"${program} ${words.join(' ')}" ended with ${status ?? signal}\n${stdout}${stderr}`)
}
