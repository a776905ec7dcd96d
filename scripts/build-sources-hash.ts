import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const sources = '{base,store,history,deps,envs,hook,project,nix-server,cli}/**/*.ts'
const build = 'scripts/build-*.ts'

/** One hash over everything that goes into the binary: equal means that building again would change nothing. */
export function sourcesHash(root: string): string {
  const files = [...globSync([sources, build], { cwd: root }).sort(), 'package.json', 'package-lock.json']
  const hash = createHash('sha256').update(process.version)
  for (const file of files) {
    const bytes = readFileSync(join(root, file))
    hash.update(`\n${file} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}
