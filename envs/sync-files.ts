import { spawnSync } from 'node:child_process'
import { closeSync, fsyncSync, lstatSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes everything at and below these paths durable; they lie on one file system. Node has no syncfs(2), and thousands of fsync
 * calls take seconds where one sync of the file system takes milliseconds: so the `sync` program of coreutils or busybox does it,
 * and fsync only where there is none.
 */
export function syncFiles(paths: readonly string[]): void {
  if (paths[0] === undefined) return
  for (const program of ['/usr/bin/sync', '/bin/sync']) {
    const { status } = spawnSync(program, ['-f', paths[0]], { stdio: 'ignore', env: {} })
    if (status === 0) return
  }
  for (const path of paths) fsyncBelow(path)
}

function fsyncBelow(path: string): void {
  const found = lstatSync(path)
  if (found.isSymbolicLink()) return
  if (found.isDirectory()) for (const name of readdirSync(path)) fsyncBelow(join(path, name))
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
