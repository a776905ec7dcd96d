/** Where managers put what they install outside of the project's own folders: ignored by Git, kept when tools are added. */
const local = '.zagi/state/local'

/** Before everything else on PATH. What the user installed with `npm i -g` and its like comes before what the tools brought. */
const always = { path: [`${local}/bin`], environment: '.zagi/env/bin' }

interface Rule {
  /** The rule holds where the environment has one of these programs. */
  programs: string[]
  /** Variable → project-relative folder. */
  set: Record<string, string>
  path?: string
}

// A tool's own folder is read-only, so these managers would fail, or fall back to the user's home. All of them get project folders.
const rules: Rule[] = [
  { programs: ['npm'], set: { NPM_CONFIG_PREFIX: local } },
  { programs: ['pnpm'], set: { PNPM_HOME: `${local}/pnpm` }, path: `${local}/pnpm` },
  { programs: ['bun'], set: { BUN_INSTALL_GLOBAL_DIR: `${local}/bun`, BUN_INSTALL_BIN: `${local}/bin` } },
  { programs: ['deno'], set: { DENO_INSTALL_ROOT: local } },
  // `pip install` into a read-only Python falls back to the user base; inside a virtual environment it is not used.
  { programs: ['python3', 'python', 'pip3', 'pip'], set: { PYTHONUSERBASE: local } },
  { programs: ['go'], set: { GOPATH: `${local}/go`, GOBIN: `${local}/bin` } },
  { programs: ['cargo'], set: { CARGO_HOME: `${local}/cargo`, CARGO_INSTALL_ROOT: local } },
  { programs: ['gem'], set: { GEM_HOME: `${local}/gem` }, path: `${local}/gem/bin` },
]

/** Every variable that activation may set besides PATH. The shell code takes no other name from a project. */
export const activationNames: readonly string[] = rules.flatMap((rule) => Object.keys(rule.set)).sort()

/** Folders that have to be there: npx fails where the prefix has no `lib`. */
export const localFolders: readonly string[] = [`${local}/bin`, `${local}/lib`]

/** What activating an environment with these programs means: project-relative folders, PATH in order. */
export function activationOf(programs: ReadonlySet<string>): { path: string[]; set: Record<string, string> } {
  const holding = rules.filter((rule) => rule.programs.some((program) => programs.has(program)))
  const paths = holding.flatMap((rule) => rule.path ?? [])
  return {
    path: [...always.path, ...paths, always.environment],
    set: Object.assign({}, ...holding.map((rule) => rule.set)),
  }
}
