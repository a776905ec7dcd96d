import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { LinkedTool, ToolsPlace } from '../../envs/index.ts'
import type { BlobRef } from '../../store/index.ts'

/** What a child process does, for tests that kill it or run several at once. */
export interface ChildWork {
  /** Where to be killed: the name of a crash point, with `#n` for the n-th time. */
  crash?: string
  materialise?: { store: string; closure: BlobRef; place: ToolsPlace }
  link?: { project: string; tools: LinkedTool[] }
}

export interface ChildEnd {
  status: number | null
  signal: NodeJS.Signals | null
  output: string
}

export function startChild(work: ChildWork): { child: ChildProcess; end: Promise<ChildEnd> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child-main.ts'), JSON.stringify(work)])
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  child.stderr.on('data', (data) => {
    output += data
  })
  const end = new Promise<ChildEnd>((done) => {
    child.on('close', (status, signal) => done({ status, signal, output }))
  })
  return { child, end }
}
