import { ByteReader, ZagiError } from '../base/index.ts'

/** Nanosecond mtimes of a tree's root and of all entries below it in tree pre-order. */
export interface Times {
  root: bigint
  entries: BigInt64Array
}

/** Stands for the time of a folder that is in a snapshot only as the way down to what was asked for. */
export const noTime: bigint = -(2n ** 63n)

const magic = 'ZTM1'

/** The one encoding of times. See docs/formats/times.md. */
export function encodeTimes(times: Times): Uint8Array {
  const { entries } = times
  const bytes = Buffer.alloc(16 + entries.length * 8)
  bytes.write(magic, 0, 'latin1')
  bytes.writeUInt32LE(entries.length, 4)
  bytes.writeBigInt64LE(times.root, 8)
  bytes.set(new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength), 16)
  return bytes
}

/** Reads times that nobody has checked. @throws ZagiError TREE_CORRUPT */
export function decodeTimes(bytes: Uint8Array): Times {
  const reader = new ByteReader(bytes, fail)
  reader.magic(magic)
  const count = reader.u32()
  const root = reader.i64()
  const entries = new BigInt64Array(new Uint8Array(reader.bytes(count * 8)).buffer)
  reader.end()
  return { root, entries }
}

function fail(why: string): never {
  throw new ZagiError('TREE_CORRUPT', `The times of a snapshot are damaged: it ${why}`, {
    hint: 'Fetch it again; if that does not help, do not trust where it came from',
  })
}
