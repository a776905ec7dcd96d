import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes files, making their folders. */
export function writeFiles(root: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}

/**
 * A small project with a `node_modules` in the form that npm leaves: a pristine package, one with an install script, a
 * scoped one, a program link, the hidden lockfile.
 */
export function writeNodeProject(root: string): void {
  const integrity = 'sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=='
  const installed = (version: string) => ({ version, resolved: 'file:x.tgz', integrity })
  const packages = {
    'node_modules/plain': installed('1.0.0'),
    'node_modules/built': { ...installed('2.0.0'), hasInstallScript: true },
    'node_modules/@scope/inner': installed('0.1.0'),
  }
  writeFiles(root, {
    'package.json': '{ "name": "sample", "dependencies": { "plain": "1.0.0" } }\n',
    'index.js': "console.log(require('plain'))\n",
    'src/deep/file.txt': 'source\n',
    'node_modules/.package-lock.json': JSON.stringify({ name: 'sample', lockfileVersion: 3, packages }),
    'node_modules/plain/package.json': '{ "name": "plain", "version": "1.0.0" }\n',
    'node_modules/plain/index.js': "module.exports = 'plain'\n",
    'node_modules/plain/cli.js': '#!/usr/bin/env node\nconsole.log(1)\n',
    'node_modules/plain/empty': '',
    'node_modules/plain/large.bin': 'line of some text\n'.repeat(30_000),
    'node_modules/built/package.json': '{ "name": "built", "version": "2.0.0" }\n',
    'node_modules/built/build/made.txt': 'made here\n',
    'node_modules/@scope/inner/package.json': '{ "name": "@scope/inner", "version": "0.1.0" }\n',
    'node_modules/.cache/scratch': 'not tracked\n',
  })
  mkdirSync(join(root, 'node_modules/.bin'))
  symlinkSync('../plain/cli.js', join(root, 'node_modules/.bin/plain'))
  chmodSync(join(root, 'node_modules/plain/cli.js'), 0o755)
  utimesSync(join(root, 'node_modules/plain/index.js'), 499162500, 499162500.123)
}
