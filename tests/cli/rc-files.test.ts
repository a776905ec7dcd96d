import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { dropInstallerLines, installerMark, rcFiles } from '../../cli/rc-files.ts'
import { rcMark } from '../../nix-server/installer-functions.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const test = suite('cli: rc files')

test('the mark is the one that the installer writes', () => {
  assert.is(installerMark, rcMark)
})

test('only marked lines go, the rest stays byte for byte', () => {
  const file = join(temporaryFolder(), '.bashrc')
  const bytes = Buffer.from([0xff, 0xfe, 0x0a, 0x61, 0x0d, 0x0a])
  writeFileSync(file, Buffer.concat([bytes, Buffer.from(`eval x ${installerMark}\nlast`)]))
  chmodSync(file, 0o640)
  assert.is(dropInstallerLines(file), true)
  assert.equal(readFileSync(file), Buffer.concat([bytes, Buffer.from('last')]))
  assert.is(statSync(file).mode & 0o777, 0o640)
  assert.is(dropInstallerLines(file), false)
})

test('a link stays a link', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'real'), `x ${installerMark}\n`)
  symlinkSync('real', join(folder, '.zshrc'))
  assert.is(dropInstallerLines(join(folder, '.zshrc')), true)
  assert.is(readFileSync(join(folder, 'real'), 'utf8'), '')
})

test('what is not there or no file is left alone', () => {
  const folder = temporaryFolder()
  assert.is(dropInstallerLines(join(folder, 'nothing')), false)
  mkdirSync(join(folder, 'folder'))
  assert.is(dropInstallerLines(join(folder, 'folder')), false)
})

test('the files that the installer may have written', () => {
  assert.equal(rcFiles('/h', {}), ['/h/.bashrc', '/h/.zshrc', '/h/.config/fish/conf.d/zagi.fish'])
  const moved = { ZDOTDIR: '/z', XDG_CONFIG_HOME: '/c' }
  assert.equal(rcFiles('/h', moved), ['/h/.bashrc', '/z/.zshrc', '/c/fish/conf.d/zagi.fish'])
})
