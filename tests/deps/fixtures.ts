import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Writes files below a folder: path → text, or an object for JSON. A text that begins with "#!" becomes executable. */
export function writeTree(folder: string, files: Record<string, string | object>): string {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`
    writeFileSync(file, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 })
  }
  return folder
}

export interface RunOptions {
  cwd: string
  /** A home folder of the test's own; the user's registry settings are copied into it. */
  home?: string
  env?: Record<string, string>
}

/** Runs a program and returns what it printed. @throws Error with all output if it fails */
export function run(command: string, args: string[], options: RunOptions): string {
  const result = tryRun(command, args, options)
  if (result.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${result.error ?? result.status}\n${result.stdout}${result.stderr}`)
  }
  return result.stdout
}

function tryRun(command: string, args: string[], options: RunOptions): SpawnSyncReturns<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, CI: '1', ...options.env }
  if (options.home !== undefined) {
    mkdirSync(options.home, { recursive: true })
    env['HOME'] = options.home
    for (const name of Object.keys(env)) if (name.startsWith('XDG_')) delete env[name]
    const settings = join(homedir(), '.npmrc')
    const copy = join(options.home, '.npmrc')
    if (existsSync(settings) && !existsSync(copy)) copyFileSync(settings, copy)
  }
  return spawnSync(command, args, { cwd: options.cwd, env, encoding: 'utf8', timeout: 55_000 })
}

/** Packs a package folder into `<folder>.tgz` beside it and returns that path. */
export function packPackage(folder: string): string {
  const archive = `${folder}.tgz`
  const copy = mkdtempSync(join(tmpdir(), 'zagi-pack-'))
  // Registries pack everything below a folder named "package".
  run('cp', ['-R', folder, join(copy, 'package')], { cwd: copy })
  run('tar', ['-czf', archive, 'package'], { cwd: copy })
  rmSync(copy, { recursive: true })
  return archive
}

/**
 * A package from the npm registry, installed once for all runs of the tests: the folder of the package.
 * @param request such as "pnpm@10"
 */
export function fetchedPackage(request: string): string {
  const name = request.slice(0, request.indexOf('@', 1))
  const folder = join(tmpdir(), 'zagi-test-packages', request.replace('/', '+'))
  const installed = join(folder, 'node_modules', name)
  if (existsSync(installed)) return installed
  mkdirSync(dirname(folder), { recursive: true })
  const fresh = mkdtempSync(`${folder}-`)
  writeTree(fresh, { 'package.json': { name: 'fetched', private: true } })
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', request], { cwd: fresh })
  try {
    renameSync(fresh, folder)
  } catch {
    // Another test process was faster.
    rmSync(fresh, { recursive: true })
  }
  return installed
}
