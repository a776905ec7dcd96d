/** One way to do one piece of work. Lines run in the bench folder, where `tree/` is the project. */
export interface Contender {
  name: string
  /** Not measured. */
  before?: string
  line: string
  /** Path whose size on disk is what the work stored. */
  stored?: string
}

export interface Work {
  title: string
  rounds: number
  contenders: Contender[]
}

const borg = 'BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes borg'
const restic = 'RESTIC_PASSWORD=x restic -q -r restic'
const git = 'git --git-dir=git --work-tree=tree -c core.preloadIndex=true'
const zagi = './zagi'
const clear = 'sync; rm -rf out'

/** The work that is compared, in the order in which later steps need what earlier ones stored. */
export const works: Work[] = [
  {
    title: 'First snapshot, stored on disk',
    rounds: 3,
    contenders: [
      {
        name: 'zagi snapshot',
        before: 'rm -rf .zagi tree/.zagi; sync',
        line: `${zagi} snapshot tree && sync -f .`,
        stored: '.zagi/store/packs',
      },
      {
        name: 'tar and zstd -1',
        before: 'rm -f tree.tar.zst; sync',
        line: 'tar -cf - -C tree . | zstd -q -1 -T2 -o tree.tar.zst && sync -f .',
        stored: 'tree.tar.zst',
      },
      {
        name: 'restic backup',
        before: `rm -rf restic; ${restic} init; sync`,
        line: `${restic} --no-cache backup tree && sync -f .`,
        stored: 'restic',
      },
      {
        name: 'borg create',
        before: `rm -rf borg; ${borg} init -e none borg; sync`,
        line: `${borg} create borg::one tree && sync -f .`,
        stored: 'borg',
      },
      {
        name: 'casync make',
        before: 'rm -rf store.castr tree.caidx; sync',
        line: 'casync make --store=store.castr tree.caidx tree && sync -f .',
        stored: 'store.castr',
      },
      {
        name: 'git add + commit',
        before: `rm -rf git; git init -q --bare git; git --git-dir=git config core.bare false; sync`,
        line: `${git} add -A -f . && ${git} -c user.name=b -c user.email=b@b commit -qm one && sync -f .`,
        stored: 'git',
      },
    ],
  },
  {
    title: 'Snapshot, nothing changed',
    rounds: 5,
    contenders: [
      { name: 'zagi snapshot', line: `${zagi} snapshot tree` },
      { name: 'git status', line: `${git} status --porcelain` },
      {
        name: 'borg create',
        before: `${borg} delete borg::two 2>/dev/null || true`,
        line: `${borg} create borg::two tree`,
      },
      { name: 'restic backup', line: `${restic} backup tree` },
    ],
  },
  {
    title: 'Restore by link, everything cached',
    rounds: 3,
    contenders: [
      {
        name: 'zagi restore',
        before: `${clear}; ${zagi} restore tree/.zagi/snapshots/*.manifest out; ${clear}`,
        line: `${zagi} restore tree/.zagi/snapshots/*.manifest out`,
      },
      { name: 'cp -al', before: clear, line: 'cp -al tree out' },
      {
        name: 'bun install',
        before: `${clear}; mkdir out; cp tree/package.json out; cd out && bun install --silent --ignore-scripts && rm -rf node_modules && sync`,
        line: 'cd out && bun install --silent --ignore-scripts --frozen-lockfile',
      },
      {
        name: 'pnpm install --offline',
        before: `${clear}; mkdir out; cp tree/package.json out; cd out && pnpm install --silent --ignore-scripts --store-dir ../pnpm && rm -rf node_modules && sync`,
        line: 'cd out && pnpm install --silent --ignore-scripts --offline --frozen-lockfile --store-dir ../pnpm',
      },
    ],
  },
  {
    title: 'Restore by copy, nothing cached',
    rounds: 3,
    contenders: [
      {
        name: 'zagi restore',
        before: `${clear}; rm -rf .zagi/store/cache`,
        line: `${zagi} restore tree/.zagi/snapshots/*.manifest out`,
      },
      { name: 'cp -a', before: clear, line: 'cp -a tree out' },
      { name: 'tar and zstd', before: `${clear}; mkdir out`, line: 'zstd -q -dc tree.tar.zst | tar -xf - -C out' },
      { name: 'restic restore', before: clear, line: `${restic} restore latest --target out` },
      { name: 'borg extract', before: `${clear}; mkdir out`, line: `cd out && ${borg} extract ../borg::one` },
      { name: 'casync extract', before: clear, line: 'casync extract --store=store.castr tree.caidx out' },
      {
        name: 'git checkout-index',
        before: `${clear}; mkdir out`,
        line: `${git} checkout-index -a --prefix="$PWD/out/"`,
      },
    ],
  },
]
