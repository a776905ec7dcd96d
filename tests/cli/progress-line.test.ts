import * as assert from 'uvu/assert'
import { progressLine } from '../../cli/progress-line.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: progress line')

test('phase, bar, share, amounts', () => {
  const line = progressLine({ phase: 'Downloading', done: 50e6, total: 200e6, unit: 'bytes' }, 100)
  assert.is(line, 'Downloading  [=====>              ]   25.0 %  50.0 MB of 200.0 MB')
})

test('an unknown total has no bar', () => {
  assert.is(progressLine({ phase: 'Reading', done: 1, total: 0, unit: 'files' }, 100), 'Reading  1 file')
  assert.is(progressLine({ phase: 'Building node', done: 0, total: 0, unit: 'steps' }, 100), 'Building node')
})

test('never wider than the terminal, whatever is reported', () => {
  for (const columns of [1, 5, 20, 40, 60, 80]) {
    for (const [done, total] of [
      [0, 0],
      [1, 3],
      [5, 3],
      [1e12, 2e12],
    ] as const) {
      const line = progressLine({ phase: 'Reading a folder with a long name', done, total, unit: 'chunks' }, columns)
      assert.ok(line.length <= columns, `${columns}: ${line}`)
    }
  }
})

test('done beyond the total is shown as all', () => {
  assert.match(progressLine({ phase: 'X', done: 5, total: 3, unit: 'files' }, 100), /\[={20}\] {2}100\.0 %/)
})
