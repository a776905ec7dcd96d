import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { SystemName } from '../base/index.ts'

/** Asset name → file, for what third-party packages bring besides JavaScript: for this system, with glibc on Linux. */
export function addonFiles(system: SystemName): Record<string, string> {
  const linux = system.startsWith('linux')
  return {
    'blake-hash.node': resolveFrom('@napi-rs/blake-hash', `@napi-rs/blake-hash-${system}${linux ? '-gnu' : ''}`),
    'blake3.wasm': join(dirname(resolveFrom('.', 'blake3-wasm')), 'wasm/nodejs/blake3_js_bg.wasm'),
    'koffi.node': join(
      dirname(resolveFrom('koffi', `@koromix/koffi-${system}`)),
      `${system.replace('-', '_')}/koffi.node`,
    ),
  }
}

// The packages for one system are dependencies of a package, not of this project.
function resolveFrom(owner: string, name: string): string {
  const here = createRequire(import.meta.url)
  return (owner === '.' ? here : createRequire(here.resolve(owner))).resolve(name)
}
