import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

export interface Bundle {
  /** Asset name, or `zagi.cjs` for the program itself. */
  name: string
  file: string
}

/** Scripts that worker threads run: each becomes an asset of the binary. */
export const workers = [
  { name: 'store-worker.js', entry: 'store/worker.ts' },
  { name: 'closure-worker.js', entry: 'nix-server/tools/closure-worker.ts' },
] as const

/** Makes one CommonJS file of the program and one of each worker. Dynamic imports stay lazy. */
export async function buildBundles(
  root: string,
  outputFolder: string,
): Promise<{ program: Bundle; workers: Bundle[] }> {
  const bundle = async (name: string, entry: string): Promise<Bundle> => {
    const file = join(outputFolder, name)
    await build({ ...shared(root), entryPoints: [join(root, entry)], outfile: file })
    return { name, file }
  }
  const program = await bundle('zagi.cjs', 'cli/main.ts')
  const assets: Bundle[] = []
  for (const { name, entry } of workers) assets.push(await bundle(name, entry))
  return { program, workers: assets }
}

function shared(root: string): BuildOptions {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    // An executable has no files to import: every import must become a function call inside the bundle.
    supported: { 'dynamic-import': false },
    // The binary carries their addons as assets; the packages are for running from sources.
    external: ['@napi-rs/blake-hash', 'koffi'],
    define: {
      ZAGI_VERSION: JSON.stringify(version),
      ZAGI_COMMIT: JSON.stringify(commitOf(root)),
      // Only read where the sources run as files.
      'import.meta.url': 'undefined',
      'import.meta.dirname': 'undefined',
      'import.meta.filename': 'undefined',
    },
    // Names stay: they are what a reported stack is read by.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  }
}

/** Ten digits of the commit, with "+" where tracked files differ from it. */
function commitOf(root: string): string {
  const git = (...words: string[]) => execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
    return git('rev-parse', '--short=10', 'HEAD') + (changed ? '+' : '')
  } catch {
    return 'unknown'
  }
}
