import { spawnSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { dependencyRules, findDependencyFolders, homeToken, pathRewriter, projectToken } from '../../deps/index.ts'
import { compareFolder, openStore, restoreFolder, snapshotFolder } from '../../store/index.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

export interface Place {
  project: string
  home: string
}

/**
 * Brings the dependency folders of one project to another through a store, as a commit and a clone do. Fails where a
 * text at the new place still has the old one's path, or where the clone would be reported as changed.
 */
export async function cloneDependencies(from: Place, to: Place): Promise<void> {
  const folders = findDependencyFolders(from.project)
  const only = folders.map(({ path }) => path)
  const store = openStore(temporaryFolder('store'))
  try {
    const rules = dependencyRules(from.project, folders)
    const snapshot = await snapshotFolder(store, from.project, { only, ...rules, rewrite: rewriterOf(from) })
    const rewrite = rewriterOf(to)
    await restoreFolder(store, snapshot, to.project, { only, rewrite, extras: 'keep' })
    const rulesThere = dependencyRules(to.project, findDependencyFolders(to.project))
    assert.equal(await compareFolder(store, snapshot, to.project, { only, ...rulesThere, rewrite }), [])
  } finally {
    store.close()
  }
  const left = spawnSync('grep', ['-rlIF', `${from.project}/`, ...only], { cwd: to.project, encoding: 'utf8' })
  assert.is(left.stdout, '', 'files with the path of the old place')
}

function rewriterOf(place: Place) {
  return pathRewriter([
    { local: place.project, stored: projectToken },
    { local: place.home, stored: homeToken },
  ])
}
