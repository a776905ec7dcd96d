import { join } from 'node:path'

/** Where zagi keeps what belongs to a user, see docs/architecture.md. */
export interface ZagiHome {
  /** `~/.zagi`, or what ZAGI_HOME names. */
  root: string
  store: string
  /** Materialised tools. The short name leaves room for relocation. */
  tools: string
  trust: string
  projects: string
  config: string
}

/** The layout below a `.zagi` home folder. */
export function zagiHome(root: string): ZagiHome {
  return {
    root,
    store: join(root, 'store'),
    tools: join(root, 's'),
    trust: join(root, 'trust'),
    projects: join(root, 'projects'),
    config: join(root, 'config.json'),
  }
}
