import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { thisSystem } from '../../base/index.ts'
import { sourcesHash } from '../../scripts/build-sources-hash.ts'

const root = join(import.meta.dirname, '../..')

/** Path of the packaged binary for this system, built anew only where it is not of the present sources. */
export function packagedBinary(): string {
  const binary = join(root, `dist/zagi-${thisSystem()}`)
  const stamp = join(root, 'dist/sources.sha256')
  const upToDate = existsSync(binary) && existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === sourcesHash(root)
  if (!upToDate) execFileSync(process.execPath, [join(root, 'scripts/build-binary.ts')], { cwd: root, stdio: 'pipe' })
  return binary
}
