import type { Command } from './command.ts'

/** Tasks, in the order help shows them. */
export const groups = [
  'Start',
  'Record',
  'Share',
  'Tools',
  'Run',
  'Snapshots and the store',
  'Serve others',
  'About zagi',
] as const

export interface CommandEntry {
  /** First word of the command. */
  name: string
  group: (typeof groups)[number]
  summary: string
  /** The command, or the family of commands that start with this word. */
  load(): Promise<Command[]>
  /** The member of a family that its first word alone stands for. */
  whenAlone?: string
}

/** Every command, loaded only when it is run. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'init',
    group: 'Start',
    summary: 'Make this folder, or a new one, a project',
    load: async () => [(await import('./commands/init.ts')).init],
  },
  {
    name: 'clone',
    group: 'Start',
    summary: 'Fetch a project with everything it needs to run',
    load: async () => [(await import('./commands/clone.ts')).clone],
  },
  {
    name: 'trust',
    group: 'Start',
    summary: 'Let a project put its tools on your PATH',
    load: async () => [(await import('./commands/trust.ts')).trust],
  },
  {
    name: 'status',
    group: 'Record',
    summary: 'What changed since the last commit',
    load: async () => [(await import('./commands/status.ts')).status],
  },
  {
    name: 'commit',
    group: 'Record',
    summary: 'Record source, dependencies and tools together',
    load: async () => [(await import('./commands/commit.ts')).commit],
  },
  {
    name: 'log',
    group: 'Record',
    summary: 'The changes, newest first',
    load: async () => [(await import('./commands/log.ts')).log],
  },
  {
    name: 'push',
    group: 'Share',
    summary: 'Send commits, with dependencies and tools, to a server',
    load: async () => [(await import('./commands/push.ts')).push],
  },
  {
    name: 'pull',
    group: 'Share',
    summary: 'Fetch what others pushed',
    load: async () => [(await import('./commands/pull.ts')).pull],
  },
  {
    name: 'remote',
    group: 'Share',
    summary: 'Where a project is pushed to',
    load: async () => (await import('./commands/remote.ts')).remoteCommands,
    whenAlone: 'remote list',
  },
  {
    name: 'server',
    group: 'Share',
    summary: 'Show or set the default server',
    load: async () => [(await import('./commands/server.ts')).server],
  },
  {
    name: 'login',
    group: 'Share',
    summary: 'Keep a token for a server',
    load: async () => [(await import('./commands/login.ts')).login],
  },
  {
    name: 'add',
    group: 'Tools',
    summary: 'Add tools: node@22, postgres@16, …',
    load: async () => [(await import('./commands/add.ts')).add],
  },
  {
    name: 'remove',
    group: 'Tools',
    summary: 'Take tools out',
    load: async () => [(await import('./commands/remove.ts')).remove],
  },
  {
    name: 'search',
    group: 'Tools',
    summary: 'Find tools and their versions',
    load: async () => [(await import('./commands/search.ts')).search],
  },
  {
    name: 'tools',
    group: 'Tools',
    summary: 'The tools of this project',
    load: async () => [(await import('./commands/tools.ts')).tools],
  },
  {
    name: 'run',
    group: 'Run',
    summary: 'Run a command with the tools of the project',
    load: async () => [(await import('./commands/run.ts')).run],
  },
  {
    name: 'env',
    group: 'Run',
    summary: 'Show the environment of the project, for scripts',
    load: async () => [(await import('./commands/env.ts')).env],
  },
  {
    name: 'hook',
    group: 'Run',
    summary: 'Shell code that activates projects on cd',
    load: async () => [(await import('./commands/hook.ts')).hook],
  },
  {
    name: 'snapshot',
    group: 'Snapshots and the store',
    summary: 'Store a folder as it is',
    load: async () => [(await import('./commands/snapshot.ts')).snapshot],
  },
  {
    name: 'restore',
    group: 'Snapshots and the store',
    summary: 'Bring a stored folder, or recorded dependencies, back',
    load: async () => [(await import('./commands/restore.ts')).restore],
  },
  {
    name: 'chunk',
    group: 'Snapshots and the store',
    summary: 'Measure how a folder would be stored',
    load: async () => [(await import('./commands/chunk.ts')).chunk],
  },
  {
    name: 'store',
    group: 'Snapshots and the store',
    summary: 'What the store on this machine holds',
    load: async () => (await import('./commands/store.ts')).storeCommands,
  },
  {
    name: 'serve',
    group: 'Serve others',
    summary: 'Run a server',
    load: async () => [(await import('./commands/serve.ts')).serve],
  },
  {
    name: 'token',
    group: 'Serve others',
    summary: 'Make, list and revoke the tokens of a server',
    load: async () => (await import('./commands/token.ts')).tokenCommands,
  },
  {
    name: 'help',
    group: 'About zagi',
    summary: 'Help on a command',
    load: async () => [(await import('./commands/help.ts')).help],
  },
  {
    name: 'version',
    group: 'About zagi',
    summary: 'The version of zagi',
    load: async () => [(await import('./commands/version.ts')).version],
  },
  {
    name: 'uninstall',
    group: 'About zagi',
    summary: 'Take zagi off this machine',
    load: async () => [(await import('./commands/uninstall.ts')).uninstall],
  },
]
