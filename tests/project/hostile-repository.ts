import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Machine, machine } from '../helpers/machine.ts'
import { writeNodeProject } from '../helpers/sample-project.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

type TreeEntry = [mode: string, name: string | Buffer, id: string]

/** A repository at a remote in a folder, and plain Git to put into it what zagi never would. */
export interface HostileRepository {
  address: string
  /** The account that pushed it; its project is `app`. */
  owner: Machine
  /** Changes the bytes of the refs document. */
  editRefs(edit: (text: string) => string | Buffer): void
  /** Changes every file of a kind. */
  editFiles(folder: 'manifests' | 'objects/pack', edit: (bytes: Buffer, name: string) => Buffer | string): void
  /** Makes the branch a commit with exactly this tree. */
  publishTree(tree: string): void
  /** Makes the branch a commit in which one file is another. */
  publishFile(path: string, edit: (text: string) => string): void
  blob(content: string): string
  tree(entries: TreeEntry[]): string
}

interface Pushed {
  owner: Machine
  remote: string
}

let first: Pushed | undefined

function pushed(): Pushed {
  const owner = machine()
  const remote = temporaryFolder('remote')
  owner.ok(['init', 'app'])
  const project = join(owner.home, 'app')
  writeNodeProject(project)
  owner.ok(['commit', '-m', 'first'], { cwd: project })
  owner.ok(['push', `file://${remote}/demo/app`], { cwd: project })
  return { owner, remote }
}

/** A fresh copy of a repository that was pushed once for the whole file. */
export function hostileRepository(): HostileRepository {
  first ??= pushed()
  const { owner } = first
  const remote = temporaryFolder('remote')
  cpSync(first.remote, remote, { recursive: true })
  const repository = join(remote, 'repos/demo/app')
  const refs = join(repository, 'refs@', readdirSync(join(repository, 'refs@')).sort().at(-1)!)
  const work = join(temporaryFolder('work'), 'w')
  const git = (args: string[], input: string | Buffer = '') => {
    const settings = ['-C', work, '-c', 'user.name=E', '-c', 'user.email=e@e', '-c', 'safe.directory=*']
    return execFileSync('git', [...settings, ...args], { input, env: { PATH: '/usr/bin:/bin', HOME: work } })
  }
  cpSync(join(owner.home, 'app'), work, { recursive: true, verbatimSymlinks: true })
  const write = (kind: string, bytes: Buffer | string) =>
    git(['hash-object', '-t', kind, '--literally', '-w', '--stdin'], bytes).toString().trim()
  const publish = (commit: string) => {
    const listed = git(['rev-list', '--objects', commit]).toString()
    const ids = listed.replace(/ .*/g, '')
    const folder = join(repository, 'objects/pack')
    const name = `pack-${git(['pack-objects', '-q', join(folder, 'pack')], ids)
      .toString()
      .trim()}`
    const size = statSync(join(folder, `${name}.pack`)).size
    const head = 'refs/heads/main'
    writeFileSync(
      refs,
      JSON.stringify({ version: 1, head, refs: { [head]: commit }, packs: [{ name, size, objects: 9 }] }),
    )
  }
  return {
    address: `file://${remote}/demo/app`,
    owner,
    editRefs: (edit) => writeFileSync(refs, edit(readFileSync(refs, 'utf8'))),
    editFiles(folder, edit) {
      for (const name of readdirSync(join(repository, folder))) {
        const path = join(repository, folder, name)
        writeFileSync(path, edit(readFileSync(path), name))
      }
    },
    publishTree: (tree) => publish(git(['commit-tree', '-m', 'hostile', tree]).toString().trim()),
    publishFile(path, edit) {
      mkdirSync(join(work, path, '..'), { recursive: true })
      writeFileSync(join(work, path), edit(readFileSync(join(work, path), 'utf8')))
      git(['add', '-f', path])
      git(['commit', '-qm', 'hostile'])
      publish(git(['rev-parse', 'HEAD']).toString().trim())
    },
    blob: (content) => write('blob', content),
    tree: (entries) =>
      write(
        'tree',
        Buffer.concat(
          entries.flatMap(([mode, name, id]) => [
            Buffer.from(`${mode} `),
            Buffer.from(name),
            Buffer.from([0]),
            Buffer.from(id, 'hex'),
          ]),
        ),
      ),
  }
}
