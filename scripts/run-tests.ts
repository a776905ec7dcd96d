// Runs test files, each in a process of its own: npm test [-- PATH-PART…] [--jobs N]
// Ends with the line "N passed, N failed". A file that runs no test counts as failed.
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

// Fast and basic first, so that a broken foundation shows at once.
const order = ['base', 'store', 'history', 'deps', 'envs', 'project', 'hook', 'nix-server', 'cli', 'scripts', 'e2e']
const fileSeconds = 900

interface FileResult {
  file: string
  passed: number
  failed: number
  seconds: number
  output: string
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { jobs: { type: 'string' } } })
  const files = globSync('tests/**/*.test.ts')
    .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  const results: FileResult[] = []
  // End-to-end files use the whole machine (servers, terminals, bare roots): they run alone, after the others.
  await runAll(
    files.filter((file) => !isEndToEnd(file)),
    Number(values.jobs ?? availableParallelism()),
    results,
  )
  await runAll(files.filter(isEndToEnd), 1, results)
  const failed = results.filter((result) => result.failed > 0)
  for (const result of failed) console.log(`\n--- ${result.file}\n${result.output}`)
  const sum = (key: 'passed' | 'failed') => results.reduce((total, result) => total + result[key], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = failed.length > 0 || results.length === 0 ? 1 : 0
}

function isEndToEnd(file: string): boolean {
  return file.startsWith('tests/e2e/')
}

function rank(file: string): number {
  const at = order.indexOf(file.split('/')[1] ?? '')
  return at < 0 ? order.length : at
}

async function runAll(files: string[], jobs: number, results: FileResult[]): Promise<void> {
  const queue = [...files]
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = await runFile(file)
      results.push(result)
      const mark = result.failed > 0 ? 'FAILED' : 'ok'
      console.log(
        `${mark.padEnd(6)} ${result.seconds.toFixed(1).padStart(6)} s  ${String(result.passed).padStart(4)}  ${file}`,
      )
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}

function runFile(file: string): Promise<FileResult> {
  const started = performance.now()
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'], timeout: fileSeconds * 1000 })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    child.stderr.on('data', (data) => {
      output += data
    })
    child.on('close', (status) => {
      const seconds = (performance.now() - started) / 1000
      resolve({ file, seconds, output, ...count(output, status) })
    })
  })
}

/** uvu's closing lines; the exit status has the last word. */
function count(output: string, status: number | null): { passed: number; failed: number } {
  const plain = output.replace(/\x1b\[[0-9;]*m/g, '')
  const [, total = 0, passed = 0] = (/^ {2}Total: +(\d+)\n {2}Passed: +(\d+)$/m.exec(plain) ?? []).map(Number)
  const failed = total - passed
  if (failed === 0 && (status !== 0 || total === 0)) return { passed, failed: 1 }
  return { passed, failed }
}

await main()
