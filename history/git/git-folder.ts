import { realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import {
  ensureFolder,
  explaining,
  readFileIfPresent,
  temporaryBeside,
  writeFileAtomic,
  ZagiError,
} from '../../base/index.ts'
import { type GitConfig, readGitConfig } from './git-config.ts'

/** Where the parts of a Git repository are. */
export interface GitFolder {
  /** HEAD and index: `.git`, or a linked worktree's own folder. */
  own: string
  /** Objects, refs, configuration: shared by all worktrees. */
  common: string
  config: GitConfig
}

/** The Git repository whose working folder is `folder`; undefined where there is none. @throws ZagiError GIT_UNSUPPORTED */
export function findGitFolder(folder: string, userConfig: string | undefined): GitFolder | undefined {
  const own = gitFolderOf(folder)
  if (own === undefined) return undefined
  const link = readFileIfPresent(join(own, 'commondir'))?.toString('utf8').trim()
  const common = link === undefined ? own : resolve(own, link)
  const home = userConfig === undefined ? undefined : dirname(userConfig)
  const user = userConfig === undefined ? [] : [join(dirname(userConfig), '.config', 'git', 'config'), userConfig]
  const config = readGitConfig({ files: [...user, join(common, 'config')], home, gitFolder: own })
  checkSupported(folder, common, config)
  return { own, common, config }
}

function gitFolderOf(folder: string): string | undefined {
  const path = join(folder, '.git')
  const stat = explaining('look at', path, () => statSync(path, { throwIfNoEntry: false }))
  if (stat === undefined) return undefined
  if (stat.isDirectory())
    return statSync(join(path, 'HEAD'), { throwIfNoEntry: false }) === undefined ? undefined : path
  const target = /^gitdir: (.+?)\s*$/s.exec(readFileIfPresent(path)?.toString('utf8') ?? '')?.[1]
  const found = target === undefined ? undefined : isAbsolute(target) ? target : resolve(folder, target)
  if (found !== undefined && statSync(join(found, 'HEAD'), { throwIfNoEntry: false }) !== undefined) return found
  throw unsupported(`"${path}" points at no Git repository`, 'Repair it with "git worktree repair"')
}

const knownExtensions = new Set(['noop', 'preciousobjects', 'worktreeconfig', 'relativeworktrees', 'objectformat'])

function checkSupported(folder: string, common: string, config: GitConfig): void {
  const version = Number(config.get('core.repositoryformatversion') ?? 0)
  if (!(version <= 1)) throw unsupported(`It has format version ${version}`, 'Use a newer zagi')
  if ((config.get('extensions.objectformat') ?? 'sha1') !== 'sha1') {
    throw unsupported('It names objects by SHA-256', "Convert the repository to SHA-1, Git's default")
  }
  for (const key of config.keys('extensions.')) {
    const name = key.slice('extensions.'.length)
    if (name === 'partialclone') throw unsupported('It is a partial clone', 'Clone it again without "--filter"')
    if (name === 'refstorage' && config.get(key) === 'files') continue
    if (!knownExtensions.has(name)) throw unsupported(`It uses the extension "${name}"`, 'Clone it again without it')
  }
  if ((readFileIfPresent(join(common, 'shallow'))?.length ?? 0) > 0) {
    throw unsupported('It is a shallow clone', 'Run "git fetch --unshallow" first')
  }
  const worktree = config.get('core.worktree')
  if (worktree !== undefined && realPath(resolve(common, worktree)) !== realPath(folder)) {
    throw unsupported(`Its working folder is "${worktree}"`, 'Unset core.worktree')
  }
  if (config.isTrue('core.bare') && worktree === undefined && resolve(common) === resolve(folder, '.git')) {
    throw unsupported('It is a bare repository', 'Clone it with a working folder')
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function unsupported(why: string, hint: string): ZagiError {
  return new ZagiError(
    'GIT_UNSUPPORTED',
    `This Git repository cannot be used: ${why.charAt(0).toLowerCase()}${why.slice(1)}`,
    {
      hint,
    },
  )
}

const firstConfig =
  '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n'

/** Makes an empty Git repository in `folder`. It is built beside and renamed in, so that a kill leaves none or a whole one. */
export function makeGitFolder(folder: string, branch: string): void {
  const path = join(folder, '.git')
  const temporary = temporaryBeside(path)
  try {
    for (const name of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info']) {
      ensureFolder(join(temporary, name))
    }
    writeFileAtomic(join(temporary, 'config'), firstConfig)
    writeFileAtomic(join(temporary, 'description'), 'Unnamed repository\n')
    writeFileAtomic(join(temporary, 'HEAD'), `ref: refs/heads/${branch}\n`)
    explaining('make', path, () => renameSync(temporary, path))
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}
