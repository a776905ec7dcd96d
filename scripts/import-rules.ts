/** What a folder of the product may import, besides Node and its own libraries. */
export interface FolderRule {
  floor: number
  mayImport: readonly string[]
  reason: string
}

/** The floors of docs/architecture.md. Folders on one floor never import each other. */
export const folderRules: Readonly<Record<string, FolderRule>> = {
  base: { floor: 0, mayImport: [], reason: 'everything stands on it' },
  store: { floor: 1, mayImport: ['base'], reason: 'it knows chunks, not what they are for' },
  history: { floor: 2, mayImport: ['store', 'base'], reason: 'which folders are not source is handed in by project/' },
  deps: { floor: 2, mayImport: ['store', 'base'], reason: 'it knows package managers, not Git and not tools' },
  envs: { floor: 2, mayImport: ['store', 'base'], reason: 'tools must not depend on how source is kept' },
  project: {
    floor: 3,
    mayImport: ['history', 'deps', 'envs', 'store', 'base'],
    reason: 'it puts the parts together; servers and shells are other ways in',
  },
  hook: { floor: 3, mayImport: ['envs', 'base'], reason: 'a shell waits for it at every start' },
  'nix-server': {
    floor: 3,
    mayImport: ['store', 'history', 'envs', 'base'],
    reason: 'a server has no projects and no dependency folders',
  },
  cli: {
    floor: 5,
    mayImport: ['nix-server', 'hook', 'project', 'envs', 'deps', 'history', 'store', 'base'],
    reason: 'nothing stands on the terminal',
  },
}

/** Where each library is imported, so that replacing it is a change in one place. A folder ends with '/'. */
export interface LibraryRule {
  owner: string
  reason: string
}

export const libraryRules: Readonly<Record<string, LibraryRule>> = {
  '@napi-rs/blake-hash': { owner: 'store/hash-addon.ts', reason: 'the hash function' },
  'blake3-wasm': { owner: 'store/hash-wasm.ts', reason: 'the hash function where the addon does not load' },
  'gearhash-jit': { owner: 'store/chunker.ts', reason: 'where chunks are cut' },
  koffi: { owner: 'store/native-times.ts', reason: 'calls of the operating system that Node does not offer' },
  undici: { owner: 'store/http-client.ts', reason: 'HTTP with a pool of connections and proxies' },
  ignore: { owner: 'history/working-copy/ignore-rules.ts', reason: "Git's ignore rules" },
  clipanion: { owner: 'cli/parse-words.ts', reason: 'the words of a command' },
}

/** Files that other folders may name although they are no index.ts: entry points of programs and threads. */
export const entryPoints: Readonly<Record<string, string>> = {
  'cli/main.ts': 'the program; started, not imported',
  'store/worker.ts': 'a worker thread; started, not imported',
}

/**
 * Where the static way of loading begins, and the folders that must not be on it: `--version` and the hook run at every
 * start of a shell. No library may be on it either.
 */
export const startUp = {
  entry: 'cli/main.ts',
  heavyFolders: ['store', 'history', 'deps', 'project', 'nix-server'],
} as const

/** What only cli/ touches: the others get values handed in, so that they can be used and tested without a terminal. */
export const surroundings: readonly { pattern: RegExp; what: string }[] = [
  { pattern: /\bprocess\.(?:env|argv|argv0|execArgv)\b/, what: 'arguments and environment variables' },
  { pattern: /\bprocess\.(?:exit|exitCode|abort)\b/, what: 'the exit status' },
  { pattern: /\bprocess\.(?:stdin|stdout|stderr)\b/, what: 'the terminal' },
  { pattern: /\bconsole\./, what: 'the terminal' },
  { pattern: /\bfrom\s*["'](?:node:)?process["']/, what: 'the process' },
  { pattern: /\bfrom\s*["'](?:node:)?(?:readline|tty)/, what: 'the terminal' },
]
