import * as assert from 'uvu/assert'
import { encodeRecipe } from '../../store/blob.ts'
import { decodeRecipe, hash } from '../../store/index.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { damaged, throwsCode } from './damage.ts'

const test = suite('store: blob recipes')

const hello = hash(Buffer.from('hello'))
const letters = hash(Buffer.alloc(200, 'a'))

// The worked example of docs/formats/blob-recipe.md.
const golden =
  '5a425231' +
  '02000000' +
  'cd00000000000000' +
  'ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f05000000' +
  '22dee5ebfe8248a5fe4fb663016d8524c9a61eb36b7f7be8bb57057613230447c8000000'

test('golden bytes', () => {
  const ids = Buffer.from(hello + letters, 'hex')
  assert.is(Buffer.from(encodeRecipe(ids, [5, 205], 2)).toString('hex'), golden)
  const chunks = [
    { id: hello, size: 5 },
    { id: letters, size: 200 },
  ]
  assert.equal(decodeRecipe(Buffer.from(golden, 'hex')), { size: 205, chunks })
})

test('random recipes come back as they were; damage is refused', () => {
  const source = random()
  for (let round = 0; round < 50; round++) {
    const count = 2 + source.below(50)
    const ids = source.bytes(count * 32)
    const sizes = Array.from({ length: count }, () => 1 + source.below(131072))
    let end = 0
    const ends = sizes.map((size) => (end += size))
    const bytes = encodeRecipe(ids, ends, count)
    const recipe = decodeRecipe(bytes)
    assert.equal(
      recipe.chunks.map((chunk) => chunk.size),
      sizes,
    )
    assert.is(recipe.chunks.map((chunk) => chunk.id).join(''), ids.toString('hex'))
    for (const bad of damaged(bytes, source, 20)) {
      // A flipped bit in an id is another recipe; what the store hands over was hashed before.
      if (bad.length === bytes.length) continue
      throwsCode(() => decodeRecipe(bad), ['TREE_CORRUPT'], `seed ${source.seed}`)
    }
  }
})

test('sizes that do not fit are refused', () => {
  const change = (at: number, byte: number) => {
    const bytes = Buffer.from(golden, 'hex')
    bytes[at] = byte
    return bytes
  }
  for (const bad of [
    change(4, 1),
    change(4, 3),
    change(7, 255),
    change(8, 0xce),
    change(48, 4),
    change(50, 2),
    change(87, 1),
  ]) {
    throwsCode(() => decodeRecipe(bad), ['TREE_CORRUPT'])
  }
})
