import { spawnSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { cliCommand, cliEnvironment } from '../helpers/run-cli.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: what is loaded')

// Prints the address of every file that is loaded to stderr.
const watch = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({ load(url, context, next) { if (!url.startsWith('node:')) process.stderr.write('loads ' + url + '\\n'); return next(url, context) } })
`)}`

function loadedBy(...words: string[]): { stdout: string; files: string[] } {
  const [program, leading] = cliCommand()
  const run = spawnSync(program, ['--import', watch, ...leading, ...words], { env: cliEnvironment(), encoding: 'utf8' })
  assert.is(run.status, 0, run.stderr)
  return { stdout: run.stdout, files: [...run.stderr.matchAll(/^loads (.*)$/gm)].map((match) => match[1]!) }
}

const heavy =
  /\/(store|history|deps|project|nix-server|undici|isomorphic-git|clipanion|typanion|koffi|blake3-wasm|gearhash-jit)\//

test('--version loads nothing but a few small files', () => {
  const { stdout, files } = loadedBy('--version')
  assert.match(stdout, /^zagi \d+\.\d+\.\d+ /)
  for (const file of files) assert.match(file, /\/cli\/(main|version)\.ts$/)
})

test('hook loads the hook, and neither parser nor store nor history', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, files } = loadedBy('hook', shell)
    assert.ok(stdout.length > 100)
    for (const file of files) assert.not.match(file, heavy, `${shell}: ${file}`)
  }
})

test('help loads no use case', () => {
  for (const words of [['help'], ['commit', '--help'], ['serve', '--help']]) {
    const { files } = loadedBy(...words)
    for (const file of files)
      assert.not.match(file, /\/(store|history|deps|envs|project|nix-server|undici|isomorphic-git)\//)
  }
})
