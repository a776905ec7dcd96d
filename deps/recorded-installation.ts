import { join } from 'node:path'
import type { Installation, Package } from './dependency-folder.ts'
import { packagesByWalking, readNodePackage } from './node-package.ts'

/**
 * An installation that is known by its record and by each package's own package.json: pristine is what the record
 * has from a registry and what has no install script.
 * @param isRecorded whether the manager checked this package against a hash; the folder is relative to `base`
 */
export function recordedInstallation(
  base: string,
  isRecorded: (content: Package, folder: string) => boolean,
): Installation {
  return {
    packages: (folder) => packagesByWalking(join(base, folder)),
    isPristine(packageFolder) {
      const content = readNodePackage(join(base, packageFolder))
      if (content === undefined) return undefined
      if (content.hasInstallScript) return false
      return isRecorded(content, packageFolder) ? true : undefined
    },
  }
}
