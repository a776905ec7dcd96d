import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { embeddedBytes, isPackaged } from '../base/index.ts'
import type { HashInto } from './hash.ts'

interface Exports {
  memory: { buffer: ArrayBuffer }
  __wbindgen_malloc(size: number): number
  __wbindgen_free(at: number, size: number): void
  create_hasher(): number
  /** Takes over the input: it frees it. */
  blake3hash_update(hasher: number, at: number, length: number): void
  blake3hash_digest(hasher: number, at: number, length: number): void
  __wbg_blake3hash_free(hasher: number): void
}

// Bounds how far the module's memory grows, which never shrinks again.
const piece = 1 << 20

/** BLAKE3 by WebAssembly: slower, but it loads everywhere. Gives the same ids as the addon. */
export function wasmHash(): HashInto {
  const wasm = instantiate()
  return (bytes, target, at) => {
    const hasher = wasm.create_hasher()
    for (let from = 0; from < bytes.length; from += piece) {
      const part = bytes.subarray(from, from + piece)
      const input = wasm.__wbindgen_malloc(part.length)
      new Uint8Array(wasm.memory.buffer).set(part, input)
      wasm.blake3hash_update(hasher, input, part.length)
    }
    const output = wasm.__wbindgen_malloc(32)
    wasm.blake3hash_digest(hasher, output, 32)
    target.set(new Uint8Array(wasm.memory.buffer, output, 32), at)
    wasm.__wbindgen_free(output, 32)
    wasm.__wbg_blake3hash_free(hasher)
  }
}

// The package's own loader reads its module from a path that does not exist in the packaged binary.
function instantiate(): Exports {
  const bytes = isPackaged
    ? embeddedBytes('blake3.wasm')
    : readFileSync(createRequire(import.meta.url).resolve('blake3-wasm/dist/wasm/nodejs/blake3_js_bg.wasm'))
  const imports = {
    __wbindgen_placeholder__: {
      __wbindgen_throw: () => {
        throw new Error('Bug: the BLAKE3 module failed')
      },
    },
  }
  return new Instance(new Module(bytes), imports).exports
}

// TypeScript describes WebAssembly in its library for browsers only.
const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssembly }).WebAssembly

interface WebAssembly {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: Exports }
}
