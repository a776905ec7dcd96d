import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isZagiError } from '../../base/index.ts'
import { findCommand, runCommand } from '../../envs/index.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { startChild } from './child.ts'

const test = suite('envs: run')

function script(file: string, text: string): string {
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}

test('a command is found as a shell finds it', () => {
  const folder = temporaryFolder('run')
  mkdirSync(join(folder, 'a/dir'), { recursive: true })
  mkdirSync(join(folder, 'b'))
  writeFileSync(join(folder, 'a/x'), 'not a program')
  const x = script(join(folder, 'b/x'), '#!/bin/sh\n')
  const dir = script(join(folder, 'b/dir'), '#!/bin/sh\n')
  const env = { PATH: `${folder}/a:${folder}/b` }
  assert.is(findCommand('x', env, '/'), x)
  assert.is(findCommand('dir', env, '/'), dir)
  assert.is(findCommand('./x', {}, join(folder, 'b')), x)
  assert.is(findCommand('b/x', env, folder), x)
  assert.is(findCommand(x, {}, '/'), x)
  assert.is(findCommand('x', { PATH: ':/nowhere' }, join(folder, 'b')), x)
  for (const [word, cwd] of [
    ['y', '/'],
    ['', '/'],
    ['./x', join(folder, 'a')],
    ['a/dir', folder],
    ['x/y', folder],
  ]) {
    assert.throws(
      () => findCommand(word!, env, cwd!),
      (error: unknown) => isZagiError(error, 'COMMAND_NOT_FOUND'),
    )
  }
  symlinkSync('/nowhere/z', join(folder, 'a/z'))
  assert.throws(() => findCommand('z', env, '/'), /its tool is not on this machine/)
})

test('the exit status is the command’s, or 128 and the number of its signal', async () => {
  const options = { env: { PATH: '/usr/bin:/bin', WORD: 'x y' }, cwd: '/tmp', terminal: false }
  const sh = (text: string, ...words: string[]) => runCommand('sh', ['-c', text, ...words], options)
  assert.is(await sh('exit 0'), 0)
  assert.is(await sh('exit 7'), 7)
  assert.is(await sh('kill -9 $$'), 137)
  assert.is(await sh('kill -TERM $$'), 143)
  assert.is(await sh('test "$0" = "a b" && test "$1" = "" && test "$WORD" = "x y" && test "$PWD" = /tmp', 'a b', ''), 0)
  const plain = script(join(temporaryFolder('run'), 'plain'), 'exit 9\n')
  assert.is(await runCommand(plain, [], options), 9)
})

test('signals are handed on, and the command ends as it wants to', async () => {
  const trap = 'trap "echo got; exit 5" TERM INT; echo ready; for i in $(seq 200); do sleep 0.05; done'
  const signals = [
    ['SIGTERM', false],
    ['SIGINT', false],
    ['SIGTERM', true],
  ] as const
  for (const [signal, terminal] of signals) {
    const { child, end, printed } = startChild({ run: { words: ['sh', '-c', trap], terminal } })
    await printed('ready')
    child.kill(signal)
    const { status, output } = await end
    assert.is(status, 5, `${signal}, terminal: ${terminal}`)
    assert.match(output, 'got')
  }
})

test('in a terminal the command gets Ctrl-C from there: we only must not end before it', async () => {
  const words = ['sh', '-c', 'echo ready; sleep 0.5; exit 4']
  const { child, end, printed } = startChild({ run: { words, terminal: true } })
  await printed('ready')
  child.kill('SIGINT')
  assert.is((await end).status, 4)
})
