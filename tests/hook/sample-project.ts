import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zagiHome } from '../../base/index.ts'
import { linkEnvironment, trustProject } from '../../envs/index.ts'

/** A project whose environment has tools of these names; each tool has one program, and `node` npm too. */
export function sampleProject(
  home: string,
  folder: string,
  options: { tools?: string[]; trusted?: boolean } = {},
): string {
  mkdirSync(join(folder, '.zagi'), { recursive: true })
  const user = zagiHome(join(home, '.zagi'))
  const tools = (options.tools ?? ['node']).map((name) => {
    const bin = name === 'node' ? ['node', 'npm'] : [name]
    const tool = join(user.tools, `abcdefgh-${name}-1.0`)
    mkdirSync(join(tool, 'bin'), { recursive: true })
    for (const program of bin) {
      writeFileSync(join(tool, 'bin', program), `#!/bin/sh\necho this is ${program}\n`)
      chmodSync(join(tool, 'bin', program), 0o755)
    }
    return { name, version: '1.0', folder: tool, bin }
  })
  linkEnvironment(folder, tools)
  if (options.trusted ?? true) trustProject(user, folder)
  return folder
}
