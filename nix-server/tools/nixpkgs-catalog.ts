import type { SystemName } from '../../base/index.ts'
import { isToolName } from '../../envs/index.ts'
import { createLimiter } from '../limiter.ts'
import { type Catalog, type CatalogEntry, chooseVersion, unknownTool, unknownVersion } from './catalog.ts'
import { candidates, type NixpkgsTool, nixpkgs, nixpkgsTools } from './nixpkgs-names.ts'
import { type Nix, runNix } from './run-nix.ts'
import { storeNameOf } from './store-path.ts'
import { isToolVersion, nixSystem } from './tool-request.ts'
import { compareVersions } from './version-order.ts'

const evaluationMs = 600_000
const evaluationsAtOnce = 2
/** Anybody may ask for names that do not exist: the oldest answers are forgotten. */
const maximumKnown = 2000

/** What an evaluation says of one candidate. */
interface Evaluated {
  version: string
  path: string
  attributes: string[]
  /** The output to build where the candidate is one attribute. */
  output: string
}

/**
 * Tools by their names in nixpkgs, of one pinned revision, evaluated when they are first asked for. A pinned revision
 * never changes, so what was evaluated stays for the life of the server.
 * @param flake a locked flake reference
 */
export function nixpkgsCatalog(nix: Nix, flake: string = nixpkgs): Catalog {
  const known = new Map<string, Promise<Evaluated[]>>()
  const limited = createLimiter(evaluationsAtOnce)

  const evaluate = (groups: string[][], system: SystemName): Promise<Evaluated[]> => {
    const key = JSON.stringify([system, groups])
    const running = known.get(key) ?? limited(() => evaluateGroups(nix, flake, groups, system))
    if (known.size >= maximumKnown) known.delete(known.keys().next().value!)
    known.set(key, running)
    // What failed may work the next time.
    running.catch(() => known.delete(key))
    return running
  }

  const versionsOf = async (name: string, wanted: string | undefined, system: SystemName) => {
    const single: NixpkgsTool = { description: '', versions: [{ version: '', attributes: [name] }] }
    const tool = nixpkgsTools.get(name) ?? single
    const groups = (version: string | undefined) => candidates(tool, version).map(({ attributes }) => attributes)
    let found = await evaluate(groups(wanted), system)
    // Nothing begins like that: all there is, so that the error can name the nearest.
    if (found.length === 0) found = await evaluate(groups(undefined), system)
    if (found.length === 0) throw unknownTool(name, nixpkgsTools.keys(), system)
    return found
  }
  const entryOf = (name: string, one: Evaluated, system: SystemName): CatalogEntry => ({
    name,
    version: one.version,
    path: one.path,
    installable: installable(flake, one, system),
  })

  return {
    async choose(name, version, system) {
      const found = await versionsOf(name, version, system)
      const versions = found.map((one) => one.version)
      const chosen = chooseVersion(name, versions, version)
      return entryOf(name, found.find((one) => one.version === chosen)!, system)
    },
    async find(name, version, system) {
      const found = await versionsOf(name, version, system)
      const one = found.find((candidate) => candidate.version === version)
      if (one !== undefined) return entryOf(name, one, system)
      const versions = found.map((candidate) => candidate.version)
      throw unknownVersion(name, versions, version)
    },
    async tools() {
      return [...nixpkgsTools].map(([name, { description, versions }]) => ({
        name,
        description,
        versions: versions
          .map(({ version }) => version)
          .filter((version) => version !== '')
          .sort((a, b) => compareVersions(b, a)),
      }))
    },
  }
}

async function evaluateGroups(nix: Nix, flake: string, groups: string[][], system: SystemName): Promise<Evaluated[]> {
  if (groups.length === 0) return []
  const args = ['eval', '--json', `${flake}#legacyPackages.${nixSystem(system)}`, '--apply', evaluation(groups)]
  const list: unknown = JSON.parse(await runNix(nix, { args, limitMs: evaluationMs }))
  const found: Evaluated[] = []
  for (const item of Array.isArray(list) ? list : []) {
    const { version, out, output, attributes } = item as Record<string, unknown>
    const path = storeNameOf(out)
    if (isToolVersion(version) && path !== undefined && typeof output === 'string' && Array.isArray(attributes)) {
      found.push({ version, path, output, attributes: attributes as string[] })
    }
  }
  return found
}

/**
 * The Nix function that describes the candidates a package set has: one that is missing, removed, broken or unfree is
 * passed over.
 */
export function evaluation(groups: string[][]): string {
  return `pkgs: builtins.concatMap (attributes:
  let
    first = builtins.getAttr (builtins.head attributes) pkgs;
    package = if builtins.length attributes == 1 then first else ${joined('pkgs')};
    chosen = package.bin or (package.out or package);
    description =
      if !(builtins.isAttrs first) || (first.type or "") != "derivation" then throw "no package" else {
        version = first.version or "";
        out = builtins.unsafeDiscardStringContext chosen.outPath;
        output = chosen.outputName or "out";
        inherit attributes;
      };
    tried = builtins.tryEval (builtins.deepSeq description description);
  in
  if builtins.all (name: builtins.hasAttr name pkgs) attributes && tried.success then [ tried.value ] else [ ]
) [ ${groups.map(nixList).join(' ')} ]`
}

/** What `nix build` is given. */
function installable(flake: string, { attributes, output }: Evaluated, system: SystemName): string[] {
  const set = `legacyPackages.${nixSystem(system)}`
  if (attributes.length === 1) return [`${flake}#${set}.${attributes[0]}.${output}`]
  const expression = `let pkgs = (builtins.getFlake "${flake}").${set}; attributes = ${nixList(attributes)}; in ${joined('pkgs')}`
  return ['--expr', expression]
}

function joined(set: string): string {
  const paths = `map (name: builtins.getAttr name ${set}) attributes`
  return `${set}.symlinkJoin { name = builtins.concatStringsSep "-" attributes; paths = ${paths}; }`
}

// Only names that have passed isToolName come here: none of them can end the string.
function nixList(names: string[]): string {
  const bad = names.find((name) => !isToolName(name))
  if (bad !== undefined) throw new Error(`Bug: "${bad}" must not be written into an expression`)
  return `[ ${names.map((name) => `"${name}"`).join(' ')} ]`
}
