import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Closure, ReferenceTables } from '../../envs/index.ts'
import { decodeClosure, decodeReferenceTables } from '../../envs/index.ts'
import {
  createToolService,
  type RealisedTool,
  type ToolService,
  type ToolServiceOptions,
} from '../../nix-server/tools/index.ts'
import { narHash } from '../../nix-server/tools/nar-hash.ts'
import { formatNixSha256 } from '../../nix-server/tools/nix-hash.ts'
import type { StoreEntry } from '../../nix-server/tools/store-entry.ts'
import { openStore, type Store } from '../../store/index.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

export interface TestService {
  tools: ToolService
  store: Store
  folder: string
  log: string[]
  /** Reads a realised tool's record back. */
  closureOf(tool: RealisedTool): Closure
}

/** A tool service over a fresh store; what is published has to be complete. */
export function testService(options: Partial<ToolServiceOptions> = {}): TestService {
  const folder = options.folder ?? temporaryFolder('tools')
  const store = options.store ?? openStore(join(folder, 'store'))
  const log: string[] = []
  const tools = createToolService({
    store,
    folder,
    environment: process.env,
    log: (line) => log.push(line),
    async publish(roots) {
      store.reachable(roots)
      return { packs: [] }
    },
    ...options,
  })
  return { tools, store, folder, log, closureOf: (tool) => decodeClosure(store.readBlob(tool.closure)) }
}

/** The NAR hash of a closure's path as it comes out of the store, with its references written back. */
export function hashFromStore(store: Store, closure: Closure, at: number): string {
  const path = closure.paths[at]!
  const names = path.references.map((reference) => closure.paths[reference]!.name)
  const tables = decodeReferenceTables(store.readBlob(path.tables), names.length)
  const entries =
    path.kind === 'folder' ? folder(store, path.tree, '', tables, names) : inside(store, path.tree, '', tables, names)
  return formatNixSha256(narHash(entries).hash)
}

function* folder(
  store: Store,
  tree: string,
  path: string,
  tables: ReferenceTables,
  names: string[],
): Generator<StoreEntry> {
  yield { kind: 'folder', path }
  yield* inside(store, tree, path, tables, names)
  yield { kind: 'end', path }
}

function* inside(
  store: Store,
  tree: string,
  path: string,
  tables: ReferenceTables,
  names: string[],
): Generator<StoreEntry> {
  for (const entry of store.readTree(tree).entries) {
    const key = path === '' ? entry.name : `${path}/${entry.name}`
    // The one entry of a single file or link is the store path itself.
    const shown = entry.name === 'content' && path === '' ? '' : key
    if (entry.kind === 'tree') yield* folder(store, entry.id, key, tables, names)
    else if (entry.kind === 'link') {
      const whole = (tables.links[key] ?? []).map(([offset, name]) => [offset, name, 1] as const)
      yield { kind: 'link', path: shown, target: unblank(Buffer.from(entry.target), whole, names).toString() }
    } else {
      const bytes = Buffer.from(store.readBlob(entry))
      const content = unblank(bytes, tables.files[key]?.whole ?? [], names)
      const executable = (entry.mode & 0o100) !== 0
      yield { kind: 'file', path: shown, executable, size: content.length, read: () => content }
    }
  }
}

function unblank(bytes: Buffer, whole: readonly (readonly [number, number, number])[], names: string[]): Buffer {
  for (const [offset, name, width] of whole) {
    for (let digit = 0; digit < 32; digit++) {
      bytes[offset + ('nix/store/'.length + digit) * width] = names[name]!.charCodeAt(digit)
    }
  }
  return bytes
}

/** A flake of tiny tools, each made by a shell script: `tools` is name → version → script. Nix builds them within a second. */
export function writeTinyFlake(target: string, tools: Record<string, Record<string, string>>): string {
  const entries = Object.entries(tools).flatMap(([name, versions]) =>
    Object.entries(versions).map(([version, script]) => ({
      name,
      version,
      attr: `${name}_${version.replaceAll('.', '_')}`,
      script,
    })),
  )
  // Nix strings in double quotes: only these three have a meaning of their own.
  const quoted = (text: string) => `"${text.replace(/[\\"]|\$\{/g, (found) => `\\${found}`).replaceAll('\n', '\\n')}"`
  const packages = entries.map(
    ({ name, version, attr, script }) =>
      `${attr} = derivation { name = "${name}-${version}"; inherit system; builder = "/bin/sh"; PATH = "/usr/bin:/bin"; args = [ "-c" ${quoted(script)} ]; };`,
  )
  const catalog = entries.map(
    ({ name, version, attr }) =>
      `${name}."${version}" = { attr = "${attr}"; description = "tiny ${name}"; out = builtins.unsafeDiscardStringContext packages.${attr}.outPath; };`,
  )
  mkdirSync(target, { recursive: true })
  writeFileSync(
    join(target, 'flake.nix'),
    `{ outputs = { self }: let system = "x86_64-linux"; packages = {\n${packages.join('\n')}\n}; in {
      packages.\${system} = packages; legacyPackages.\${system} = packages; catalog.\${system} = {\n${catalog.join('\n')}\n}; }; }\n`,
  )
  return `path:${target}`
}

/** Takes tiny tools out of the Nix store again. */
export function removeFromNix(paths: string[]): void {
  for (const path of paths) {
    try {
      execFileSync('nix-store', ['--delete', '--ignore-liveness', path], { stdio: 'ignore' })
    } catch {
      // Never built.
    }
  }
}
