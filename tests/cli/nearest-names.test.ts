import * as assert from 'uvu/assert'
import { nearestNames } from '../../cli/nearest-names.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: nearest names')
const names = ['commit', 'clone', 'chunk', 'status', 'store', 'remove', 'remote']

test('one edit away, also a swap of neighbours', () => {
  assert.equal(nearestNames('comit', names), ['commit'])
  assert.equal(nearestNames('cloen', names), ['clone'])
  assert.equal(nearestNames('statsu', names), ['status'])
  assert.equal(nearestNames('COMMIT', names), ['commit'])
})

test('several, best first', () => {
  assert.equal(nearestNames('remoe', names), ['remote', 'remove'])
})

test('beginnings of names', () => {
  assert.equal(nearestNames('stat', names), ['status'])
})

test('nothing where nothing is near', () => {
  assert.equal(nearestNames('frobnicate', names), [])
  assert.equal(nearestNames('', names), [])
  assert.equal(nearestNames('x'.repeat(100_000), names), [])
})
