import * as assert from 'uvu/assert'
import { changeIdBytes, derivedChangeId, isChangeId, newChangeId, toReverseHex } from '../../history/change-id.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('history: change ids')

test('reverse hex uses the letters z to k for 0 to 15', () => {
  const bytes = Buffer.from('0123456789abcdef0123456789abcdef', 'hex')
  assert.is(toReverseHex(bytes), 'zyxwvutsrqponmlkzyxwvutsrqponmlk')
  assert.equal(changeIdBytes('zyxwvutsrqponmlkzyxwvutsrqponmlk'), bytes)
})

test('a commit without the header gets the id that jj derives: bytes 4 to 19 reversed, bits reversed', () => {
  // Worked by hand: the last byte 0x01 comes first as 0x80, "rz" in reverse hex; byte 4 (0x12 → 0x48) comes last.
  assert.is(derivedChangeId('ffffffff12000000000000000000000000000001'), 'rzzzzzzzzzzzzzzzzzzzzzzzzzzzzzvr')
})

test('a new change id is 32 letters, and another each time', () => {
  const ids = new Set(Array.from({ length: 50 }, newChangeId))
  assert.is(ids.size, 50)
  for (const id of ids) assert.ok(isChangeId(id), id)
})
