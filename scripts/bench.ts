// Measures the packaged binary against peers on a real node_modules, in one run: npm run bench [-- --write]
// As root on a loop-mounted ext4 of its own, else in a temporary folder. Peers: restic, borgbackup, casync, git, zstd from
// Debian; bun and pnpm from the npm registry. With --write the tables replace those in docs/benchmarks.md.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { thisSystem } from '../base/index.ts'
import { benchCache, benchProjects } from './bench/bench-tree.ts'
import { measure, median, output } from './bench/measure.ts'
import { type Work, works } from './bench/peers.ts'

const root = join(import.meta.dirname, '..')
const document = join(root, 'docs/benchmarks.md')
const mark = '<!-- measured -->'

function main(): void {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
  requirePrograms(['tar', 'zstd', 'restic', 'borg', 'casync', 'git'])
  const projects = benchProjects()
  const peers = nodePeers()
  const { folder, remove } = benchFolder()
  try {
    const tables = run(folder, peers, projects)
    console.log(tables)
    if (values.write) {
      const [head, , tail] = readFileSync(document, 'utf8').split(mark)
      writeFileSync(document, [head, `\n\n${tables}\n\n`, tail].join(mark))
    }
  } finally {
    remove()
  }
}

function run(folder: string, peers: string, projects: { before: string; after: string }): string {
  cpSync(projects.before, join(folder, 'tree'), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  copyFileSync(join(root, 'dist', `zagi-${thisSystem()}`), join(folder, 'zagi'))
  const env = { HOME: folder, PATH: `${peers}:${process.env['PATH']}` }
  const call = (line: string) => measure({ line, cwd: folder, env })
  const tables = [describeMachine(folder, env)]
  for (const work of works) tables.push(compare(work, { folder, call }))
  tables.push(startUp(folder, call))
  tables.push(chunking(projects, env))
  return tables.join('\n\n')
}

function compare(work: Work, { folder, call }: { folder: string; call(line: string): number }): string {
  const rows = work.contenders.map(({ name, before, line, stored }) => {
    const times: number[] = []
    for (let round = 0; round < work.rounds; round++) {
      if (before !== undefined) call(before)
      times.push(call(line))
    }
    const megabytes = stored === undefined ? undefined : sizeOf(join(folder, stored))
    console.error(`${work.title}: ${name} ${median(times).toFixed(2)} s`)
    return { name, seconds: median(times), megabytes }
  })
  const ours = rows[0]!
  const lines = rows.map(({ name, seconds, megabytes }) => {
    const ratio = name === ours.name ? '' : (ours.seconds / seconds).toFixed(2)
    return `| ${name} | ${seconds.toFixed(2)} | ${ratio} | ${megabytes === undefined ? '' : megabytes.toFixed(0)} |`
  })
  const head = '| | seconds | zagi takes × of it | stored MB |\n|---|---|---|---|'
  return `### ${work.title}\n\n${head}\n${lines.join('\n')}`
}

function startUp(folder: string, call: (line: string) => number): string {
  const rounds = 31
  const node = process.execPath
  const stripped = join(folder, 'node')
  execFileSync('strip', ['-o', stripped, node])
  const lines = { 'zagi --version': './zagi --version', 'node -e 0 (same Node, stripped)': './node -e 0' }
  const times: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round++) {
    for (const [name, line] of Object.entries(lines)) times[name] = [...(times[name] ?? []), call(`exec ${line}`)]
  }
  const [ours, nodes] = Object.values(times).map(median) as [number, number]
  const ms = (seconds: number) => (seconds * 1000).toFixed(1)
  return `### Start-up\n\n| | ms | × |\n|---|---|---|\n| zagi --version | ${ms(ours)} | ${(ours / nodes).toFixed(2)} |\n| node -e 0 (same Node, stripped) | ${ms(nodes)} | |`
}

/** What the chunker makes of the tree, and of the same tree after a minor update of next. */
function chunking(projects: { before: string; after: string }, env: Record<string, string>): string {
  const place = mkdtempSync(join(tmpdir(), 'zagi-bench-'))
  try {
    const target = join(place, 'node_modules')
    const outputs = [projects.before, projects.after].map((project) => {
      rmSync(target, { recursive: true, force: true })
      cpSync(join(project, 'node_modules'), target, { recursive: true, verbatimSymlinks: true })
      return output({
        line: `${join(root, 'dist', `zagi-${thisSystem()}`)} chunk node_modules`,
        cwd: place,
        env: { ...env, HOME: place },
      })
    })
    return `### Chunks\n\nBefore, and after \`npm update next\` (15.0.8 to 15.1.9):\n\n\`\`\`\n${outputs.join('\n')}\`\`\``
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function describeMachine(folder: string, env: Record<string, string>): string {
  const tree = output({ line: 'find tree -type f | wc -l; du -sm --apparent-size tree | cut -f1', cwd: folder, env })
    .trim()
    .split('\n')
  const type = output({ line: 'findmnt -no FSTYPE -T .', cwd: folder, env }).trim()
  const programs = [
    'restic version',
    'borg --version',
    'casync --version | head -1',
    'git --version',
    'bun --version',
    'pnpm --version',
  ]
  const versions = programs.map(
    (line) => `${line.split(' ')[0]} ${/\d+[.\d]*/.exec(output({ line, cwd: folder, env }))?.[0] ?? ''}`,
  )
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}, ${type}`
  return `${new Date().toISOString().slice(0, 10)}; ${machine}. Tree: ${tree[0]} files, ${tree[1]} MB. Medians. ${versions.join(', ')}.`
}

function sizeOf(path: string): number {
  return Number(execFileSync('du', ['-sk', path], { encoding: 'utf8' }).split(/\s/)[0]) / 1024
}

function requirePrograms(programs: string[]): void {
  const missing = programs.filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
  if (missing.length > 0)
    throw new Error(`Install first: ${missing.join(', ')} (apt-get install restic borgbackup casync git zstd tar)`)
}

/** bun and pnpm, installed by npm into the cache. Answers the folder of their programs. */
function nodePeers(): string {
  const folder = join(benchCache(), 'peers')
  const bin = join(folder, 'node_modules/.bin')
  if (!existsSync(join(bin, 'bun')) || !existsSync(join(bin, 'pnpm'))) {
    mkdirSync(folder, { recursive: true })
    execFileSync('npm', ['install', '--prefix', folder, '--no-fund', '--no-audit', '--silent', 'bun@1', 'pnpm@10'], {
      stdio: 'inherit',
    })
  }
  return bin
}

/** A fresh ext4 on a loop device where we may mount one: what the root file system does would be measured otherwise. */
function benchFolder(): { folder: string; remove(): void } {
  const place = mkdtempSync(join(tmpdir(), 'zagi-bench-'))
  if (process.getuid?.() !== 0) return { folder: place, remove: () => rmSync(place, { recursive: true, force: true }) }
  const free = statfsSync(place)
  if (free.bavail * free.bsize < 12 * 2 ** 30) throw new Error(`Less than 12 GB free in ${place}`)
  const image = join(benchCache(), 'disk.img')
  execFileSync('sh', [
    '-c',
    'rm -f "$1" && truncate -s 10G "$1" && mkfs.ext4 -q -F "$1" && mount -o loop "$1" "$2"',
    'sh',
    image,
    place,
  ])
  return {
    folder: place,
    remove() {
      execFileSync('umount', [place])
      rmSync(place, { recursive: true })
      rmSync(image)
    },
  }
}

main()
