import type { ZagiHome } from '../base/index.ts'

/** The person and the machine account that a command runs for. Made once by the caller; nothing here reads process.env. */
export interface User {
  home: ZagiHome
  /** The account's home folder: Git's own configuration is there. */
  homeFolder: string
  /** A private folder that goes away at reboot (XDG_RUNTIME_DIR), if there is one. */
  runtimeFolder?: string | undefined
  /** Author of changes where Git's configuration names none. */
  fallbackPerson: { name: string; email: string }
  /** Overrides the configured default server. */
  server?: string | undefined
  /** Overrides the configured token, for every server. */
  token?: string | undefined
}
