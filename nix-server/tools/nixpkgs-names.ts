/** The revision of nixpkgs that the default names are of: a state of its release 25.11. */
export const nixpkgs = 'github:NixOS/nixpkgs/8fd9daa3db09ced9700431c5b7ad0e8ba199b575'

/** Attributes of nixpkgs that make one version of a tool; more than one are joined into one folder. */
export interface NixpkgsVersion {
  /** Beginning of the version, as far as the attribute's own name says it; '' where it does not. */
  version: string
  attributes: string[]
}

export interface NixpkgsTool {
  description: string
  versions: NixpkgsVersion[]
}

/**
 * Tools whose name or versions differ from the attributes of nixpkgs. Any other name is taken for an attribute.
 * Attributes that the pinned revision does not have are passed over.
 */
export const nixpkgsTools: ReadonlyMap<string, NixpkgsTool> = new Map([
  tool('bun', 'JavaScript runtime, bundler and package manager', { '': 'bun' }),
  tool('cargo', 'Package manager of Rust', { '': 'cargo' }),
  tool('cmake', 'Build system', { '': 'cmake' }),
  tool('deno', 'JavaScript and TypeScript runtime', { '': 'deno' }),
  tool('elixir', 'Programming language', { '': 'elixir', '1.18': 'elixir_1_18', '1.17': 'elixir_1_17' }),
  tool('erlang', 'Programming language', { '': 'erlang', '28': 'erlang_28', '27': 'erlang_27', '26': 'erlang_26' }),
  tool('ffmpeg', 'Converts audio and video', { '': 'ffmpeg', '8': 'ffmpeg_8', '7': 'ffmpeg_7', '6': 'ffmpeg_6' }),
  tool('gcc', 'C and C++ compiler', { '': 'gcc', '15': 'gcc15', '14': 'gcc14', '13': 'gcc13' }),
  tool('gh', "GitHub's command line", { '': 'gh' }),
  tool('git', 'Version control', { '': 'git' }),
  tool('go', 'Programming language', { '': 'go', '1.25': 'go_1_25', '1.24': 'go_1_24', '1.23': 'go_1_23' }),
  tool('java', 'Java development kit', {
    '': 'jdk',
    '25': 'jdk25',
    '21': 'jdk21',
    '17': 'jdk17',
    '11': 'jdk11',
    '8': 'jdk8',
  }),
  tool('jq', 'Processes JSON', { '': 'jq' }),
  tool('kubectl', 'Controls Kubernetes', { '': 'kubectl' }),
  tool('make', 'Runs what a Makefile says', { '': 'gnumake' }),
  tool('mariadb', 'Relational database', {
    '': 'mariadb',
    '11.8': 'mariadb_118',
    '11.4': 'mariadb_114',
    '10.11': 'mariadb_1011',
  }),
  tool('mysql', 'Relational database', { '8.4': 'mysql84', '8.0': 'mysql80' }),
  tool('nginx', 'Web server', { '': 'nginx' }),
  tool('node', 'JavaScript runtime, with npm', { '24': 'nodejs_24', '22': 'nodejs_22', '20': 'nodejs_20' }),
  tool('php', 'Programming language', { '': 'php', '8.4': 'php84', '8.3': 'php83', '8.2': 'php82' }),
  tool('pnpm', 'Package manager for JavaScript', { '': 'pnpm', '10': 'pnpm_10', '9': 'pnpm_9', '8': 'pnpm_8' }),
  tool('postgres', 'Relational database', {
    '18': 'postgresql_18',
    '17': 'postgresql_17',
    '16': 'postgresql_16',
    '15': 'postgresql_15',
    '14': 'postgresql_14',
  }),
  tool('python', 'Programming language, with venv', {
    '3.14': 'python314',
    '3.13': 'python313',
    '3.12': 'python312',
    '3.11': 'python311',
    '3.10': 'python310',
  }),
  tool('redis', 'In-memory database', { '': 'redis' }),
  tool('ripgrep', 'Searches files for a pattern', { '': 'ripgrep' }),
  tool('ruby', 'Programming language', { '': 'ruby', '3.4': 'ruby_3_4', '3.3': 'ruby_3_3', '3.2': 'ruby_3_2' }),
  tool('rust', 'Compiler and package manager of Rust', { '': ['rustc', 'cargo'] }),
  tool('sqlite', 'Relational database in a file', { '': 'sqlite' }),
  tool('uv', 'Package manager for Python', { '': 'uv' }),
  tool('valkey', 'In-memory database', { '': 'valkey' }),
  tool('yarn', 'Package manager for JavaScript', { '1': 'yarn', '4': 'yarn-berry' }),
  tool('zig', 'Programming language and C compiler', {
    '': 'zig',
    '0.15': 'zig_0_15',
    '0.14': 'zig_0_14',
    '0.13': 'zig_0_13',
  }),
])

function tool(name: string, description: string, versions: Record<string, string | string[]>): [string, NixpkgsTool] {
  const list = Object.entries(versions).map(([version, attributes]) => ({ version, attributes: [attributes].flat() }))
  return [name, { description, versions: list }]
}

/** The versions of a tool that may match what is wanted, by the beginnings that the attributes' names say. */
export function candidates(tool: NixpkgsTool, wanted: string | undefined): NixpkgsVersion[] {
  const agrees = (a: string, b: string) => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`)
  return tool.versions.filter(({ version }) => wanted === undefined || version === '' || agrees(version, wanted))
}
