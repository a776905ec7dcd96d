// Run as a process of its own: writes the blobs of a seed into a store, each commit with a writer of its own.
// node write-blobs.ts FOLDER SEED COMMITS [CRASH-POINT]
import { armCrashPoint } from '../../base/index.ts'
import { openStore } from '../../store/index.ts'
import { seededBlobs } from './seeded-blobs.ts'

const [folder, seed, commits, crashPoint] = process.argv.slice(2)
if (crashPoint !== undefined) armCrashPoint(crashPoint)
const store = openStore(folder!)
for (let commit = 0; commit < Number(commits); commit++) {
  const writer = store.writer()
  for (const blob of seededBlobs(Number(seed) + commit)) writer.addBlob(blob)
  await writer.finish()
}
store.close()
