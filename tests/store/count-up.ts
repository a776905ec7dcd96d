// Run as a process of its own: adds one to the document "counter" by compare-and-swap, COUNT times.
// node count-up.ts FOLDER COUNT
import { isZagiError } from '../../base/index.ts'
import { localBackend } from '../../store/index.ts'

const [folder, count] = process.argv.slice(2)
const backend = localBackend(folder!)
for (let done = 0; done < Number(count); ) {
  const now = await backend.getVersioned('counter')
  const next = Buffer.from(String(Number(Buffer.from(now?.bytes ?? []).toString() || 0) + 1))
  try {
    await backend.replace('counter', next, now?.version)
    done++
  } catch (error) {
    if (!isZagiError(error, 'REF_MOVED')) throw error
  }
}
