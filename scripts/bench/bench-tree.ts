import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A real front-end and cloud project: together more than 30,000 files. Versions are fixed, so that runs compare. */
const dependencies = {
  '@aws-sdk/client-dynamodb': '3.1100.0',
  '@aws-sdk/client-s3': '3.1100.0',
  '@mui/icons-material': '6.4.9',
  '@mui/material': '6.4.9',
  eslint: '9.16.0',
  express: '4.21.2',
  next: '15.0.8',
  prettier: '3.10.1',
  react: '18.3.1',
  'react-dom': '18.3.1',
  typescript: '5.9.3',
}

/** The minor update of one dependency that the second state has. */
const updated = { next: '15.1.9' }

/** Folder with what benches cache between runs. */
export function benchCache(): string {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'zagi-tests', 'bench')
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Two states of one project, before and after a minor update of next, installed by npm from its registry. */
export function benchProjects(): { before: string; after: string } {
  return { before: install('before', dependencies), after: install('after', { ...dependencies, ...updated }) }
}

function install(name: string, versions: Record<string, string>): string {
  const folder = join(benchCache(), name)
  if (existsSync(join(folder, '.complete'))) return folder
  mkdirSync(folder, { recursive: true })
  const manifest = { name: 'bench', version: '1.0.0', private: true, dependencies: versions }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  const words = ['install', '--no-fund', '--no-audit', '--ignore-scripts', '--silent', '--legacy-peer-deps']
  execFileSync('npm', words, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  writeFileSync(join(folder, '.complete'), '')
  return folder
}
