// Builds the program as one file: npm run build
// dist/zagi-<system>, its .gz, the SHA-256 of that, and dist/sources.sha256 by which tests know that it is up to date.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { thisSystem } from '../base/index.ts'
import { size } from '../cli/human-words.ts'
import { addonFiles } from './build-addons.ts'
import { buildBundles } from './build-bundle.ts'
import { buildExecutable } from './build-executable.ts'
import { sourcesHash } from './build-sources-hash.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

async function main(): Promise<void> {
  const started = performance.now()
  const hash = sourcesHash(root)
  mkdirSync(dist, { recursive: true })
  // Built aside and renamed at the end: two builds at once do not disturb each other, and a failed one leaves the last.
  const workFolder = mkdtempSync(join(dist, '.build-'))
  try {
    const { program, workers } = await buildBundles(root, workFolder)
    const name = `zagi-${thisSystem()}`
    const executable = join(workFolder, name)
    buildExecutable({
      main: program.file,
      assets: { ...addonFiles(thisSystem()), ...Object.fromEntries(workers.map(({ name, file }) => [name, file])) },
      workFolder,
      output: executable,
    })
    const packed = gzipSync(readFileSync(executable), { level: 9 })
    writeFileSync(`${executable}.gz`, packed)
    const sum = createHash('sha256').update(packed).digest('hex')
    writeFileSync(`${executable}.gz.sha256`, `${sum}  ${name}.gz\n`)
    writeFileSync(join(workFolder, 'sources.sha256'), `${hash}\n`)
    // What the program checks itself by goes last.
    for (const file of [name, `${name}.gz`, `${name}.gz.sha256`, 'sources.sha256']) {
      renameSync(join(workFolder, file), join(dist, file))
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const bytes = size(statSync(join(dist, name)).size)
    console.log(`Built dist/${name}: ${bytes}, ${size(packed.length)} to download, in ${seconds} s`)
  } finally {
    rmSync(workFolder, { recursive: true, force: true })
  }
}

await main()
