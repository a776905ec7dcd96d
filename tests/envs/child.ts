import { type ChildProcess, spawn } from 'node:child_process'
import { armCrashPoint } from '../../base/index.ts'
import { type LinkedTool, linkEnvironment, materialise, runCommand, type ToolsPlace } from '../../envs/index.ts'
import { type BlobRef, openStore } from '../../store/index.ts'

/** What a child process does, for tests that kill it, send it signals or run several at once. */
export interface ChildWork {
  /** Where to be killed: the name of a crash point, with `#n` for the n-th time. */
  crash?: string
  materialise?: { store: string; closure: BlobRef; place: ToolsPlace }
  link?: { project: string; tools: LinkedTool[] }
  run?: { words: string[]; terminal: boolean }
}

export interface ChildEnd {
  status: number | null
  signal: NodeJS.Signals | null
  output: string
}

export interface Child {
  child: ChildProcess
  end: Promise<ChildEnd>
  /** Settles once the child has printed this. */
  printed(text: string): Promise<void>
}

export function startChild(work: ChildWork, user?: number): Child {
  const who = user === undefined ? {} : { uid: user, gid: user }
  const words = [import.meta.filename, JSON.stringify(work)]
  const child = spawn(process.execPath, words, { ...who, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data
      child.emit('output')
    })
  }
  const end = new Promise<ChildEnd>((done) => {
    child.on('close', (status, signal) => done({ status, signal, output }))
  })
  const printed = (text: string) =>
    new Promise<void>((done) => {
      const look = () => {
        if (output.includes(text)) done()
      }
      child.on('output', look)
      look()
    })
  return { child, end, printed }
}

async function doWork(work: ChildWork): Promise<void> {
  if (work.crash !== undefined) armCrashPoint(work.crash)
  if (work.materialise) {
    const { store, closure, place } = work.materialise
    console.log((await materialise(openStore(store), closure, place)).main)
  }
  if (work.link) linkEnvironment(work.link.project, work.link.tools)
  if (work.run) {
    const [command, ...args] = work.run.words
    const options = { env: { PATH: process.env['PATH'] ?? '' }, cwd: process.cwd(), terminal: work.run.terminal }
    process.exitCode = await runCommand(command!, args, options)
  }
}

if (process.argv[1] === import.meta.filename) await doWork(JSON.parse(process.argv[2]!))
