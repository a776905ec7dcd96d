// The script of a worker thread: `worker.ts` when running from sources, the asset `store-worker.js` in the binary.
import { parentPort, workerData } from 'node:worker_threads'
import { armCrashPoint } from '../base/index.ts'
import { FileSession } from './file-session.ts'
import { useAddonFolder } from './native-addon.ts'
import { RestoreSession } from './restore-session.ts'
import { packError } from './sent-error.ts'
import type { WorkerData, WorkerReply, WorkerRequest } from './worker-data.ts'

const data: WorkerData = workerData
const port = parentPort!
if (data.crashPoint !== undefined) armCrashPoint(data.crashPoint)
if (data.addonFolder !== undefined) useAddonFolder(data.addonFolder)

const control = new Int32Array(data.control)
const reply = (message: WorkerReply) => port.postMessage(message)
let session: FileSession | undefined
let restoring: RestoreSession | undefined

port.on('message', (request: WorkerRequest) => {
  answer(request).catch((error) => {
    session?.abort()
    reply({ kind: 'error', error: packError(error) })
    port.close()
  })
})

async function answer(request: WorkerRequest): Promise<void> {
  if (request.kind === 'read') {
    session ??= new FileSession(data)
    reply({ kind: 'read', results: session.read(request.batch) })
  } else if (request.kind === 'restore') {
    restoring ??= new RestoreSession(data)
    reply({ kind: 'restore', results: restoring.restore(request.batch) })
  } else {
    const isStopped = Atomics.load(control, 0) !== 0
    if (isStopped) session?.abort()
    else reply({ kind: 'end', ended: (await session?.end()) ?? { stored: undefined, counted: undefined } })
    port.close()
  }
}
