import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import type { Catalog } from '../../nix-server/tools/catalog.ts'
import { evaluation, nixpkgsCatalog } from '../../nix-server/tools/nixpkgs-catalog.ts'
import { nixpkgs } from '../../nix-server/tools/nixpkgs-names.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { catalogFlake, runNixTool } from './real-nix.ts'
import { removeFromNix } from './tool-service-fixture.ts'

const test = suite('nix-server: names of nixpkgs', { seconds: 120 })

const system = 'linux-x64'
const salt = random().seed.toString(36)

// A flake in the form of nixpkgs, so that real Nix evaluates what the server asks it; nixpkgs itself needs a network.
const standIn = `{
  outputs = { self }: {
    legacyPackages.x86_64-linux = let
      package = name: version: outputs: (derivation {
        inherit outputs; name = "\${name}-\${version}"; system = "x86_64-linux"; builder = "/bin/sh"; PATH = "/usr/bin:/bin";
        args = [ "-c" "for o in $outputs; do eval mkdir -p '$'$o/bin; eval echo ${salt} '>$'$o/bin/$o; done" ];
      }) // { inherit version; };
    in rec {
      nodejs_24 = package "nodejs" "24.1.0" [ "out" ];
      nodejs_22 = package "nodejs" "22.9.0" [ "out" ];
      nodejs_20 = throw "nodejs_20 was removed";
      jq = package "jq" "1.7" [ "out" "bin" "man" ];
      rustc = package "rustc" "1.80.0" [ "out" ];
      cargo = package "cargo" "1.80.1" [ "out" ];
      hello = package "hello" "2.12" [ "out" ];
      unfree = { type = "derivation"; version = "1"; outputName = "out"; outPath = throw "unfree"; };
      lib = { version = "25.11"; };
      text = "text";
      symlinkJoin = { name, paths }: derivation {
        inherit name paths; system = "x86_64-linux"; builder = "/bin/sh"; PATH = "/usr/bin:/bin";
        args = [ "-c" "mkdir -p $out/bin; for p in $paths; do ln -s $p/bin/* $out/bin/$(basename $p); done" ];
      };
    };
  };
}
`

let flake = ''
let catalog: Catalog
const built: string[] = []

test.before(() => {
  catalogFlake()
  const folder = temporaryFolder('nixpkgs')
  writeFileSync(join(folder, 'flake.nix'), standIn)
  // Locked, as the pinned revision is: only then may an expression name it.
  flake = JSON.parse(runNixTool('nix', ['flake', 'metadata', '--json', `path:${folder}`])).url
  catalog = nixpkgsCatalog({ program: 'nix', environment: process.env }, flake)
})

test.after(() => removeFromNix(built))

async function refusedWith(
  code: 'TOOL_UNKNOWN' | 'VERSION_UNKNOWN',
  promise: Promise<unknown>,
): Promise<string | undefined> {
  const error = await promise.catch((error) => error)
  assert.ok(isZagiError(error, code), String(error))
  return error.hint
}

test('versions are those of the attributes, evaluated by Nix', async () => {
  assert.is((await catalog.choose('node', '22', system)).version, '22.9.0')
  assert.is((await catalog.choose('node', undefined, system)).version, '24.1.0')
  assert.is((await catalog.find('node', '22.9.0', system)).version, '22.9.0')
  assert.match((await catalog.find('node', '22.9.0', system)).path, /^[0-9a-z]{32}-nodejs-22\.9\.0$/)
  assert.is((await catalog.choose('hello', undefined, system)).version, '2.12')
})

test('what is missing, removed, unfree or no package is not there', async () => {
  assert.is(
    await refusedWith('VERSION_UNKNOWN', catalog.choose('node', '20', system)),
    'Nearest: node@22.9.0, node@24.1.0',
  )
  assert.is(await refusedWith('VERSION_UNKNOWN', catalog.find('node', '22.8.0', system)), 'Nearest: node@22.9.0')
  assert.is(await refusedWith('TOOL_UNKNOWN', catalog.choose('nodejs', '22', system)), 'Did you mean node?')
  for (const name of ['postgres', 'unfree', 'lib', 'text', 'nowhere', 'symlinkJoin']) {
    await refusedWith('TOOL_UNKNOWN', catalog.choose(name, undefined, system))
  }
})

test('what is chosen can be built by what the entry names', async () => {
  for (const [name, programs] of [
    ['node', 'out'],
    ['jq', 'bin'],
    ['rust', 'rustc-1.80.0'],
  ] as const) {
    const entry = await catalog.choose(name, undefined, system)
    const [result] = JSON.parse(runNixTool('nix', ['build', '--json', '--no-link', ...entry.installable!]))
    const path = `/nix/store/${entry.path}`
    assert.ok(Object.values(result.outputs).includes(path), `${name}: ${JSON.stringify(result)}`)
    built.push(path)
    assert.match(runNixTool('nix-store', ['--query', '--tree', path]), new RegExp(entry.path))
    const inside = runNixTool('nix', ['store', 'ls', `${path}/bin`])
      .trim()
      .split('\n')
      .map((line) => line.replace(/.*\//, ''))
    assert.ok(
      inside.some((line) => line.endsWith(programs)),
      inside.join(),
    )
  }
})

test('a search lists the names without evaluating', async () => {
  const tools = await nixpkgsCatalog({ program: '/nowhere/nix', environment: {} }).tools(system)
  assert.equal(tools.find(({ name }) => name === 'node')?.versions, ['24', '22', '20'])
  assert.equal(tools.find(({ name }) => name === 'postgres')?.versions, ['18', '17', '16', '15', '14'])
})

test('the default is a pinned revision, and only names get into expressions', () => {
  assert.match(nixpkgs, /^github:NixOS\/nixpkgs\/[0-9a-f]{40}$/)
  assert.match(evaluation([['nodejs_22'], ['rustc', 'cargo']]), /\[ \[ "nodejs_22" \] \[ "rustc" "cargo" \] \]/)
  assert.throws(() => evaluation([['x" ] ++ (abort "no") ++ [ "']]), /^Bug|Bug: /)
})
