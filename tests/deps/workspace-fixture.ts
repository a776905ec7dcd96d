import { cpSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { dependencyRules, findDependencyFolders, type Keeping } from '../../deps/index.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { cloneDependencies, type Place } from './clone-dependencies.ts'
import { packPackage, run, writeTree } from './fixtures.ts'

/** A workspace with packages of the npm registry, an archive with an install script, and a package of its own. */
export function workspace(local: '*' | 'workspace:*', more: Record<string, string | object> = {}): Place {
  const archive = packPackage(
    writeTree(join(realpathSync(temporaryFolder('archives')), 'scripted'), {
      'package.json': { name: 'scripted', version: '1.0.0', scripts: { postinstall: 'node -e 0' } },
    }),
  )
  const project = writeTree(realpathSync(temporaryFolder('project')), {
    'package.json': {
      name: 'root',
      version: '1.0.0',
      private: true,
      workspaces: ['packages/*'],
      dependencies: { 'is-odd': '3.0.1', semver: '7.6.0', scripted: `file:${archive}`, a: local },
    },
    'packages/a/package.json': {
      name: 'a',
      version: '1.0.0',
      bin: { 'a-cli': 'cli.js' },
      dependencies: { 'is-number': '7.0.0' },
    },
    'packages/a/cli.js': "#!/usr/bin/env node\nconsole.log(require('is-number')(7))\n",
    ...more,
  })
  return { project, home: realpathSync(temporaryFolder('home')) }
}

/** Clones a workspace, source and dependencies, to another project folder and home. */
export async function cloneWorkspace(from: Place): Promise<Place> {
  const to = { project: realpathSync(temporaryFolder('a clone')), home: realpathSync(temporaryFolder('other')) }
  const filter = (path: string) => !path.endsWith('/node_modules')
  cpSync(from.project, to.project, { recursive: true, preserveTimestamps: true, filter })
  await cloneDependencies(from, to)
  return to
}

/** Where packages are and how their files are kept: "node_modules/semver/package.json" → 'shared'. */
export function keptPackages(project: string): Map<string, Keeping> {
  const folders = findDependencyFolders(project)
  const rules = dependencyRules(project, folders)
  const files = run('find', [...folders.map(({ path }) => path), '-name', 'package.json', '-type', 'f'], {
    cwd: project,
  })
  const packages = files.split('\n').filter((path) => path !== '')
  return new Map(packages.map((path) => [path, rules.classify(path, false)]))
}

export function packageNames(project: string): string[] {
  return findDependencyFolders(project).flatMap(({ names }) => names.map(({ name, version }) => `${name}@${version}`))
}
