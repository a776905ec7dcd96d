// The script of a worker thread: `closure-worker.ts` when running from sources, the asset `closure-worker.js` in the binary.
import { parentPort, workerData } from 'node:worker_threads'
import { armCrashPoint, type Progress, ZagiError } from '../../base/index.ts'
import { openStore } from '../../store/index.ts'
import type { ClosureReply, ClosureTask } from './closure-thread.ts'
import { closureToStore } from './closure-to-store.ts'
import { openPathRecords } from './path-records.ts'
import { receivedClosure } from './realised-closure.ts'

/** Progress that comes faster is left out. */
const progressMs = 100

const task: ClosureTask = workerData
const port = parentPort!
const reply = (message: ClosureReply) => port.postMessage(message)

async function main(): Promise<void> {
  if (task.crashPoint !== undefined) armCrashPoint(task.crashPoint)
  const stop = new AbortController()
  port.on('message', () => stop.abort())
  const store = openStore(task.storeFolder)
  try {
    const records = openPathRecords(task.recordsFolder, store)
    const options = { closure: receivedClosure(task.closure), main: task.main, system: task.system, store, records }
    const result = await closureToStore(options, { signal: stop.signal, onProgress: reportNowAndThen() })
    reply({ kind: 'done', result })
  } catch (error) {
    if (error instanceof ZagiError) {
      reply({ kind: 'error', code: error.code, message: error.message, hint: error.hint })
    } else reply({ kind: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  } finally {
    store.close()
    port.close()
  }
}

function reportNowAndThen(): (progress: Progress) => void {
  let phase = ''
  let said = 0
  return (progress) => {
    const now = performance.now()
    if (progress.phase === phase && now - said < progressMs) return
    phase = progress.phase
    said = now
    reply({ kind: 'progress', progress })
  }
}

main()
