import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib'
import { errnoOf, ZagiError } from '../../base/index.ts'

type Bytes = AsyncIterable<Uint8Array>

/** What `xz` may use to unpack one file: its largest preset needs 65 MiB. */
const xzMemory = '256MiB'

const inProcess = {
  br: createBrotliDecompress,
  gzip: createGunzip,
  zstd: createZstdDecompress,
}

/**
 * Undoes the compression of a NAR. Sizes are not checked here: the reader stops once it has more than it wants.
 * @param label what the NAR is called in messages
 * @param path the PATH that `xz` is found on
 * @throws ZagiError NAR_BAD for damaged bytes, NARINFO_BAD for a compression that is not supported, MISSING_PROGRAM
 */
export function decompress(bytes: Bytes, compression: string, label: string, path: string | undefined): Bytes {
  if (compression === 'none') return bytes
  if (compression === 'xz') return decompressXz(bytes, label, path)
  if (Object.hasOwn(inProcess, compression)) {
    return decompressInProcess(bytes, inProcess[compression as keyof typeof inProcess](), label)
  }
  const supported = ['none', 'xz', ...Object.keys(inProcess)].join(', ')
  throw new ZagiError('NARINFO_BAD', `The NAR of "${label}" is compressed with "${compression.slice(0, 40)}"`, {
    hint: `Supported are ${supported}`,
  })
}

async function* decompressInProcess(
  bytes: Bytes,
  decoder: ReturnType<typeof createGunzip>,
  label: string,
): Bytes & AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes, { objectMode: false })
  let sourceError: unknown
  source.on('error', (error) => {
    sourceError = error
    decoder.destroy(error)
  })
  source.pipe(decoder)
  try {
    yield* decoder as AsyncIterable<Buffer>
  } catch (error) {
    throw sourceError ?? damaged(label, (error as Error).message)
  } finally {
    source.destroy()
    decoder.destroy()
  }
}

async function* decompressXz(
  bytes: Bytes,
  label: string,
  path: string | undefined,
): Bytes & AsyncGenerator<Uint8Array> {
  const child = spawn('xz', ['--decompress', '--stdout', '--quiet', `--memlimit-decompress=${xzMemory}`], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: path === undefined ? {} : { PATH: path },
  })
  const closed = new Promise<number | Error>((resolve) => {
    child.on('error', resolve)
    child.on('close', (status) => resolve(status ?? 1))
  })
  // xz may end before it has read everything; what it then says is in its status.
  child.stdin.on('error', () => undefined)
  const fed = feed(bytes, child.stdin)
  // It is waited for below, once xz has said everything.
  fed.catch(() => undefined)
  try {
    yield* child.stdout as AsyncIterable<Buffer>
    await fed
    const status = await closed
    if (status instanceof Error) throw noXz(status)
    if (status !== 0) throw damaged(label, `xz ended with status ${status}`)
  } finally {
    child.kill('SIGKILL')
  }
}

async function feed(bytes: Bytes, stdin: NodeJS.WritableStream & { destroyed?: boolean }): Promise<void> {
  try {
    for await (const piece of bytes) {
      if (stdin.destroyed) return
      if (!stdin.write(piece)) await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]).catch(() => undefined)
    }
  } finally {
    stdin.end()
  }
}

function noXz(error: Error): unknown {
  if (errnoOf(error) !== 'ENOENT') return error
  return new ZagiError('MISSING_PROGRAM', 'The program "xz" is not installed on the server', {
    hint: 'Install xz-utils, or use a binary cache that compresses with zstd',
  })
}

function damaged(label: string, why: string): ZagiError {
  return new ZagiError('NAR_BAD', `The compressed NAR of "${label}" is damaged: ${why}`, {
    hint: 'The binary cache is damaged: nothing of it was kept',
  })
}
