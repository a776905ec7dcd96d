import { dirname, isAbsolute, join } from 'node:path'
import { readFileIfPresent } from '../base/index.ts'
import type { Context } from './context.ts'
import { expandHome } from './git/git-config.ts'

/** The ignore lists that hold for the whole repository, the least important first: the user's, then info/exclude. */
export function ignoreLists({ folder, git, options }: Context): string[] {
  const home = options.userConfig === undefined ? undefined : dirname(options.userConfig)
  const configured = git.config.get('core.excludesfile')
  const usual = home === undefined ? undefined : join(home, '.config', 'git', 'ignore')
  const user = configured === undefined ? usual : expandHome(configured, home)
  const files = [user && !isAbsolute(user) ? join(folder, user) : user, join(git.common, 'info', 'exclude')]
  return files.flatMap((file) => (file ? (readFileIfPresent(file)?.toString('utf8') ?? []) : []))
}
