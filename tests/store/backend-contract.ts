import * as assert from 'uvu/assert'
import { formatRefsDocument } from '../../history/index.ts'
import { type Backend, hash } from '../../store/index.ts'
import { encodeFooter } from '../../store/pack-footer.ts'
import { packHead, SectionBuilder } from '../../store/pack-index.ts'
import type { Suite } from '../helpers/suite.ts'
import { rejectsCode } from './damage.ts'

/** What holds for every object storage. All that is stored is what a zagi server takes too: real packs, real refs. */
export function backendContract(
  test: Suite,
  options: { open(): Promise<{ backend: Backend; close(): Promise<void> }>; removes: boolean },
): void {
  const check = (name: string, action: (backend: Backend) => Promise<void>) =>
    test(name, async () => {
      const { backend, close } = await options.open()
      try {
        await action(backend)
      } finally {
        await close()
      }
    })

  check('what was put is there, whole and in ranges', async (backend) => {
    const { key, bytes } = packObject('one', 300_000)
    await backend.put(key, bytes)
    assert.equal(await backend.head(key), { size: bytes.length })
    assert.ok(bytes.equals(await backend.get(key)))
    for (const [start, length] of [
      [0, 10],
      [5, 0],
      [100, 200_000],
      [bytes.length - 1, 1],
      [bytes.length - 5, 100],
    ]) {
      const expected = bytes.subarray(start, start! + length!)
      assert.ok(expected.equals(await backend.get(key, { start, length })), `${start} ${length}`)
      assert.ok(expected.equals(await gather(backend.stream(key, { start, length }))), `${start} ${length}`)
    }
    assert.ok(bytes.subarray(7).equals(await backend.get(key, { start: 7 })))
    assert.ok(bytes.equals(await gather(backend.stream(key))))
    assert.is((await backend.get(key, { start: bytes.length, length: 10 })).length, 0)
    assert.is((await backend.get(key, { start: bytes.length + 10 })).length, 0)
  })

  check('what is not there is said so', async (backend) => {
    const { key } = packObject('absent')
    assert.is(await backend.head(key), undefined)
    await rejectsCode(backend.get(key), ['KEY_NOT_FOUND'])
    await rejectsCode(backend.get(key, { start: 3, length: 4 }), ['KEY_NOT_FOUND'])
    await rejectsCode(gather(backend.stream(key)), ['KEY_NOT_FOUND'])
    assert.is(await backend.getVersioned(refsKey), undefined)
    assert.equal(await list(backend, 'packs/'), [])
  })

  check('a body may come in pieces, and must have the size it said', async (backend) => {
    const { key, bytes } = packObject('pieces', 200_000)
    const body = (size: number) => ({
      size,
      async *open() {
        for (let at = 0; at < bytes.length; at += 70_000) yield bytes.subarray(at, at + 70_000)
      },
    })
    await rejectsCode(backend.put(key, body(bytes.length + 1)), ['DOWNLOAD_CUT'])
    await rejectsCode(backend.put(key, body(bytes.length - 1)), ['TOO_LARGE'])
    assert.is(await backend.head(key), undefined)
    await backend.put(key, body(bytes.length))
    assert.ok(bytes.equals(await backend.get(key)))
  })

  check('what is there already stays as it is', async (backend) => {
    const { key, bytes } = packObject('kept')
    await backend.put(key, bytes)
    await backend.put(key, packObject('other').bytes)
    assert.ok(bytes.equals(await backend.get(key)))
    await Promise.all(Array.from({ length: 4 }, () => backend.put(key, bytes)))
    assert.ok(bytes.equals(await backend.get(key)))
  })

  check('keys are listed by what they begin with', async (backend) => {
    const objects = ['a', 'b', 'c', 'd'].map((name) => packObject(name))
    for (const { key, bytes } of objects) await backend.put(key, bytes)
    const version = await backend.replace(refsKey, refs('main'), undefined)
    const packs = (await list(backend, 'packs/')).filter(({ key }) => key.endsWith('.pack'))
    const expected = objects.map(({ key, bytes }) => ({ key, size: bytes.length }))
    const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)
    assert.equal(packs.sort(byKey), expected.sort(byKey))
    const some = objects[1]!.key.slice(0, 12)
    assert.ok((await list(backend, some)).every(({ key }) => key.startsWith(some)))
    assert.ok((await list(backend, some)).some(({ key }) => key === objects[1]!.key))
    assert.equal(await list(backend, 'repos/demo/'), [{ key: refsKey, size: refs('main').length }])
    assert.equal(await list(backend, 'repos/nobody/'), [])
    assert.ok(version)
  })

  check('a document is replaced only by who knows its version', async (backend) => {
    const first = await backend.replace(refsKey, refs('one'), undefined)
    assert.ok(refs('one').equals((await backend.getVersioned(refsKey))!.bytes))
    assert.is((await backend.getVersioned(refsKey))!.version, first)
    await rejectsCode(backend.replace(refsKey, refs('two'), undefined), ['REF_MOVED'])
    const second = await backend.replace(refsKey, refs('two'), first)
    assert.is.not(second, first)
    await rejectsCode(backend.replace(refsKey, refs('three'), first), ['REF_MOVED'])
    assert.ok(refs('two').equals(await backend.get(refsKey)))
    assert.equal(await backend.head(refsKey), { size: refs('two').length })
    // The same content again is another version all the same.
    const third = await backend.replace(refsKey, refs('one'), second)
    assert.not.ok([first, second].includes(third))
    await rejectsCode(backend.replace(refsKey, refs('four'), first), ['REF_MOVED'])
  })

  check('of many who replace at once one wins each round', async (backend) => {
    let version = await backend.replace(refsKey, refs('n0'), undefined)
    for (let round = 1; round <= 30; round++) {
      const tries = await Promise.allSettled(
        Array.from({ length: 6 }, (_, i) => backend.replace(refsKey, refs(`n${round}-${i}`), version)),
      )
      const won = tries.flatMap((one, i) => (one.status === 'fulfilled' ? [{ version: one.value, i }] : []))
      assert.is(won.length, 1)
      const now = await backend.getVersioned(refsKey)
      assert.is(now?.version, won[0]!.version)
      assert.ok(refs(`n${round}-${won[0]!.i}`).equals(now!.bytes))
      version = now!.version
    }
  })

  check('a key that leads elsewhere is refused', async (backend) => {
    for (const key of [
      '',
      '/',
      '..',
      '../x',
      'packs/../x',
      'packs//x',
      '/etc/passwd',
      '.hidden',
      'packs/.tmp-x',
      'a b',
      'a\0',
      'refs@',
    ]) {
      await rejectsCode((async () => backend.get(key))(), ['BAD_NAME'])
      await rejectsCode((async () => backend.head(key))(), ['BAD_NAME'])
      await rejectsCode((async () => backend.put(key, Buffer.from('x')))(), ['BAD_NAME'])
      await rejectsCode((async () => backend.replace(key, Buffer.from('x'), undefined))(), ['BAD_NAME'])
      await rejectsCode((async () => gather(backend.stream(key)))(), ['BAD_NAME'])
    }
    await rejectsCode((async () => list(backend, '../'))(), ['BAD_NAME'])
  })

  check('stops when it is told to', async (backend) => {
    const { key, bytes } = packObject('stopped')
    const stopped = AbortSignal.abort()
    await rejectsCode(backend.put(key, bytes, { signal: stopped }), ['INTERRUPTED'])
    assert.is(await backend.head(key), undefined)
    await backend.put(key, bytes)
    await rejectsCode(backend.get(key, { signal: stopped }), ['INTERRUPTED'])
  })

  check('removing', async (backend) => {
    const { key, bytes } = packObject('removed')
    await backend.put(key, bytes)
    if (!options.removes) {
      await rejectsCode(backend.remove(key), ['AUTH_DENIED'])
      return
    }
    const version = await backend.replace(refsKey, refs('main'), undefined)
    await backend.remove(key)
    await backend.remove(refsKey)
    assert.is(await backend.head(key), undefined)
    assert.is(await backend.getVersioned(refsKey), undefined)
    await rejectsCode(backend.replace(refsKey, refs('main'), version), ['REF_MOVED'])
    await backend.remove(key)
  })
}

export const refsKey = 'repos/demo/my-app/refs'

/** A refs document that differs by its head. */
export function refs(branch: string): Buffer {
  return Buffer.from(formatRefsDocument({ version: 1, head: `refs/heads/${branch}`, refs: {}, packs: [] }))
}

/** A pack of one chunk. */
export function packObject(name: string, length = 100): { key: string; bytes: Buffer; id: string } {
  const chunk = Buffer.alloc(length, `${name} `)
  const section = new SectionBuilder()
  const ids = Buffer.from(hash(chunk), 'hex')
  section.add({ offset: packHead.length, stored: length, raw: length, codec: 0 }, ids, [length], 1)
  const index = section.build()
  const bytes = Buffer.concat([packHead, chunk, index, encodeFooter(index, packHead.length + length)])
  const id = hash(index)
  return { key: `packs/${id.slice(0, 2)}/${id}.pack`, bytes, id }
}

export async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

async function list(backend: Backend, prefix: string): Promise<{ key: string; size: number }[]> {
  const found: { key: string; size: number }[] = []
  for await (const one of backend.list(prefix)) found.push(one)
  return found
}
