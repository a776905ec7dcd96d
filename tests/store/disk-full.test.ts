import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('store: full disk')

/** Runs a module's text with a file system of `size` mounted at `small`, in a mount namespace of its own. */
function withSmallDisk(root: string, size: string, body: string): Record<string, unknown> {
  const store = new URL('../../store/index.ts', import.meta.url).href
  const script = `
    import { readdirSync } from 'node:fs'
    const { openStore, restoreFolder, snapshotFolder } = await import(${JSON.stringify(store)})
    const root = ${JSON.stringify(root)}
    const outcome = (promise) => promise.then(() => 'done', (error) => error.code + ': ' + error.message)
    ${body}`
  mkdirSync(join(root, 'small'))
  const mount = `mount -t tmpfs -o size=${size} none "$1" && exec "$2" --input-type=module -e "$3"`
  // Only root may mount without a user namespace, and some places allow no user namespaces.
  const namespaces = process.getuid?.() === 0 ? '-m' : '-rm'
  const words = [namespaces, 'sh', '-c', mount, 'sh', join(root, 'small'), process.execPath, script]
  const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' })
  assert.ok(stdout !== '', stderr)
  return JSON.parse(stdout)
}

function makeFiles(folder: string, files: number): void {
  mkdirSync(folder)
  for (let i = 0; i < files; i++) writeFileSync(join(folder, `${i}`), random(i).bytes(20_000))
}

for (const files of [40, 300]) {
  test(`a snapshot of ${files} files that does not fit leaves the store as it was`, () => {
    const root = temporaryFolder('full')
    makeFiles(join(root, 'from'), files)
    const result = withSmallDisk(
      root,
      '500k',
      `
      const store = openStore(root + '/small/store')
      const full = await outcome(snapshotFolder(store, root + '/from'))
      const left = readdirSync(root + '/small/store/packs')
      console.log(JSON.stringify({ full, left, chunks: store.stats().chunks }))`,
    )
    assert.match(String(result['full']), /^DISK_FULL: Could not write ".*small\/store/)
    assert.equal([result['left'], result['chunks']], [[], 0])
  })

  test(`a restore of ${files} files that does not fit says so, and can be run again`, () => {
    const root = temporaryFolder('full')
    makeFiles(join(root, 'from'), files)
    const result = withSmallDisk(
      root,
      '500k',
      `
      const store = openStore(root + '/store', { link: 'copy' })
      const snapshot = await snapshotFolder(store, root + '/from')
      const restore = () => restoreFolder(store, snapshot, root + '/small/to', { extras: 'remove' })
      const full = await outcome(restore())
      const again = await outcome(restore())
      const elsewhere = await outcome(restoreFolder(store, snapshot, root + '/to', { extras: 'remove' }))
      console.log(JSON.stringify({ full, again, elsewhere }))`,
    )
    assert.match(String(result['full']), /^DISK_FULL: Could not write ".*small\/to\//)
    assert.match(String(result['again']), /^DISK_FULL/)
    assert.is(result['elsewhere'], 'done')
  })
}
