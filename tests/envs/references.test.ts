import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { applyLinkReferences, applyReferences, editing, type Relocation } from '../../envs/apply-references.ts'
import { blankLink, blankReferences, findInFile, findLinkReferences, indexNames } from '../../envs/index.ts'
import { relocated, tailLength } from '../../envs/relocation.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { storeNameOf } from './synthetic-closure.ts'

const test = suite('envs: references')

const names = ['glibc-2.40', 'tool-1.0', 'zig'].map((word) => storeNameOf(word)).sort()
const index = indexNames(names)
const path = (at: number) => `/nix/store/${names[at]}`

function relocation(prefix: string): Relocation {
  const length = tailLength(prefix)
  return { names, texts: names.map((name) => relocated(prefix, name.slice(32 - length, 32))) }
}

/** What the file becomes on a machine with this prefix. */
function moved(bytes: Buffer, prefix: string): Buffer {
  const { references } = findInFile(bytes, index)
  const stored = Buffer.from(blankReferences(bytes, references?.whole ?? []))
  if (references) applyReferences(editing(stored), references, relocation(prefix), 'test')
  return stored
}

function wide(text: string, width: number, bigEndian = false): Buffer {
  const bytes = Buffer.alloc(text.length * width)
  for (let i = 0; i < text.length; i++) bytes[i * width + (bigEndian ? width - 1 : 0)] = text.charCodeAt(i)
  return bytes
}

test('text, UTF-16 and UTF-32 of either byte order: found, blanked, rewritten, everything else kept', () => {
  const text = `#!${path(0)}/bin/sh\nx=${path(1)}:${path(0)}/lib\n`
  const bytes = Buffer.concat([
    Buffer.from(text),
    Buffer.alloc(3, 0xff),
    wide(`${path(1)}/share`, 2),
    Buffer.alloc(5, 0xff),
    wide(path(0), 2, true),
    wide(path(2), 4),
    Buffer.from('é'),
    wide(path(2), 4, true),
  ])
  const { references, markers } = findInFile(bytes, index)
  assert.equal(markers, [])
  assert.equal(
    references!.whole.map(([, at, width]) => [at, width]),
    [
      [0, 1],
      [1, 1],
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 4],
      [2, 4],
    ],
  )
  const stored = Buffer.from(blankReferences(bytes, references!.whole))
  assert.is(stored.length, bytes.length)
  assert.equal(findInFile(stored, index), { references: undefined, markers: [] })
  assert.match(stored.toString('latin1'), `#!/nix/store/${'e'.repeat(32)}-${names[0]!.slice(33)}/bin/sh`)
  const prefix = '/home/someone/.zagi/s'
  const there = moved(bytes, prefix)
  const [a, b] = [0, 1].map((at) => names[at]!.slice(32 - tailLength(prefix)))
  assert.is(there.subarray(0, text.length).toString(), `#!${prefix}/${a}/bin/sh\nx=${prefix}/${b}:${prefix}/${a}/lib\n`)
  const utf16 = there.subarray(text.length + 3, text.length + 3 + 2 * (path(1).length + 6)).toString('utf16le')
  assert.is(utf16, `${prefix}/${b}/share`)
})

test('the worked example of docs/formats/closure.md', () => {
  const name = '6p75aw49flbvnfwabp1x1x7lc6m9p9lh-lib-1'
  const bytes = Buffer.from(`#!/nix/store/${name}/bin/sh\n`)
  const { references } = findInFile(bytes, indexNames([name]))
  assert.equal(references, { whole: [[3, 0, 1]], split: [] })
  const stored = Buffer.from(blankReferences(bytes, references!.whole))
  assert.is(stored.toString(), `#!/nix/store/${'e'.repeat(32)}-lib-1/bin/sh\n`)
  const texts = [relocated('/home/ada/.zagi/s', name.slice(7, 32))]
  applyReferences(editing(stored), references!, { names: [name], texts }, 'bin/tool')
  const golden = [
    '23212f686f6d652f6164612f2e7a6167',
    '692f732f39666c62766e667761627031',
    '783178376c63366d3970396c682d6c69',
    '622d312f62696e2f73680a',
  ]
  assert.is(stored.toString('hex'), golden.join(''))
})

test('a short prefix is filled up with slashes, the longest one keeps six characters', () => {
  const bytes = Buffer.from(`[${path(2)}]`)
  assert.is(moved(bytes, '/x').toString(), `[/x${'/'.repeat(9)}${names[2]}]`)
  const longest = `/${'x'.repeat(35)}`
  assert.is(moved(bytes, longest).toString(), `[${longest}/${names[2]!.slice(26)}]`)
  assert.is(tailLength(`${longest}x`), 5)
})

test('what is no reference stays: other hashes, other stores, cut off ends', () => {
  const other = storeNameOf('other')
  const [name] = names
  const texts = [`/nix/store/${other}/x`, '/nix/store/', `/nix/store/${name!.slice(0, 31)}`, 'nix/store', '']
  for (const text of texts)
    assert.equal(findInFile(Buffer.from(text), index), { references: undefined, markers: [] }, text)
  for (const width of [2, 4]) {
    const cut = wide(path(0).slice(0, 43), width)
    assert.is(findInFile(cut, index).references, undefined)
  }
})

test('the leading slash may lie elsewhere', () => {
  const bytes = Buffer.from(path(0).slice(1))
  assert.equal(findInFile(bytes, index).references!.whole, [[0, 0, 1]])
  assert.ok(moved(bytes, '/home/u/.zagi/s').toString().startsWith('home/u/.zagi/s/'))
})

test('bare hashes and compressed references are marked', () => {
  const hash = names[0]!.slice(0, 32)
  assert.equal(findInFile(Buffer.from(`id=${hash}\n`), index).markers, ['bare-hash'])
  assert.equal(findInFile(Buffer.from(`\\/nix\\/store\\/${names[0]}`), index).markers, ['bare-hash'])
  for (const pack of [gzipSync, zstdCompressSync]) {
    assert.equal(findInFile(pack(`see ${path(1)}`), index).markers, ['compressed'])
    assert.equal(findInFile(pack('see nothing'), index).markers, [])
  }
  assert.equal(findInFile(Buffer.from([0x1f, 0x8b, 1, 2, 3, 4]), index).markers, [])
})

test('link targets', () => {
  const target = `${path(1)}/share/../x`
  const references = findLinkReferences(target, index)
  assert.equal(references, [[1, 1]])
  const stored = blankLink(target, references)
  assert.is(stored, `/nix/store/${'e'.repeat(32)}-${names[1]!.slice(33)}/share/../x`)
  const prefix = '/root/.zagi/s'
  const moved = applyLinkReferences(stored, references, relocation(prefix), 'link')
  assert.is(moved, `${prefix}/${names[1]!.slice(32 - tailLength(prefix))}/share/../x`)
  assert.equal(findLinkReferences('../lib/x', index), [])
})

test('any bytes with references put anywhere: offsets, lengths and everything in between are kept', () => {
  const { seed, below, pick, bytes } = random()
  for (let round = 0; round < 200; round++) {
    const parts: Buffer[] = []
    const holes: [from: number, to: number][] = []
    let length = 0
    const push = (part: Buffer) => {
      parts.push(part)
      length += part.length
    }
    for (let i = below(6); i >= 0; i--) {
      push(below(3) === 0 ? Buffer.from('0123456789abcdf'.repeat(below(20))) : bytes(below(200)))
      const width = pick([1, 1, 2, 4])
      const reference = wide(`nix/store/${pick(names)}`, width).subarray(0, 42 * width + 1)
      holes.push([length, length + reference.length])
      push(reference)
      push(Buffer.from('#'))
    }
    const original = Buffer.concat(parts)
    const { references } = findInFile(original, index)
    assert.equal(
      references!.whole.map(([offset]) => offset),
      holes.map(([from]) => from),
      `seed ${seed}`,
    )
    const result = moved(original, pick(['/x', '/root/.zagi/s', `/${'y'.repeat(35)}`]))
    assert.is(result.length, original.length)
    let at = 0
    for (const [from, to] of holes) {
      assert.ok(result.subarray(at, from).equals(original.subarray(at, from)), `seed ${seed}`)
      at = to
    }
    assert.ok(result.subarray(at).equals(original.subarray(at)), `seed ${seed}`)
  }
})

test('tables that do not fit are refused: wrong place, beyond the end, other bytes', () => {
  const stored = Buffer.from(`/nix/store/${'e'.repeat(32)}-x`)
  const apply = (references: Parameters<typeof applyReferences>[1]) =>
    applyReferences(editing(Buffer.from(stored)), references, relocation('/root/.zagi/s'), 'bin/x')
  apply({ whole: [[1, 0, 1]], split: [] })
  for (const whole of [
    [0, 0, 1],
    [2, 0, 1],
    [1, 0, 2],
    [40, 0, 1],
    [10_000, 0, 4],
  ] as [number, number, 1][]) {
    assert.throws(() => apply({ whole: [whole], split: [] }), /tables do not fit the file "bin\/x"/)
  }
  for (const split of [
    [0, 0, 16, 16],
    [0, 0, 0, 16],
    [99, 0, 0, 16],
  ] as [number, number, number, number][]) {
    assert.throws(() => apply({ whole: [], split: [split] }), /tables do not fit/)
  }
})

test('vector constants in any order', () => {
  const full = `${path(1)}/share/x`
  const blocks = [2, 0, 1].map((block) => full.slice(16 * block, 16 * block + 16))
  const bytes = Buffer.from(`\x7fELF....${blocks[0]}....${blocks[1]}${blocks[2]!}....`, 'latin1')
  const { references, markers } = findInFile(bytes, index)
  assert.equal(markers, [])
  assert.equal(references!.split, [
    [8, 1, 32, 12],
    [28, 1, 0, 16],
    [44, 1, 16, 16],
  ])
  const prefix = `/${'y'.repeat(35)}`
  const result = moved(bytes, prefix)
  const put = [1, 2, 0].map((at) => result.subarray([8, 28, 44][at]!, [8, 28, 44][at]! + 16).toString()).join('')
  assert.is(put.slice(0, 44), relocation(prefix).texts[1]!.toString())
  assert.is(put.slice(44, 48), full.slice(44, 48))
  const half = Buffer.from(`\x7fELF....${blocks[2]}....`, 'latin1')
  assert.equal(findInFile(half, index), { references: undefined, markers: ['split'] })
  assert.equal(findInFile(Buffer.from(blocks.join(' ')), index).references, undefined, 'not a program')
})

test('a real compiler takes paths apart at every level, and the moved programs say the new path', () => {
  if (spawnSync('gcc', ['--version']).status !== 0) throw new Error('This test needs gcc: apt-get install gcc')
  const folder = temporaryFolder('gcc')
  const source = `#include <stdio.h>
#include <string.h>
#include <uchar.h>
__attribute__((noinline)) void put(char *p) { strcpy(p, DATADIR); }
__attribute__((noinline)) void cat(char *p, char *q) { strcpy(p, "prefix="); strcat(p, DATADIR "/two"); strcpy(q, DATADIR); }
static const volatile char16_t wide16[] = WIDE16;
static const volatile char32_t wide32[] = WIDE32;
volatile const char *const whole = DATADIR;
int main(void) {
  char a[200], b[200], c[200];
  put(a); cat(b, c);
  printf("%s\\n%s\\n%s\\n%s\\n", a, b, c, (const char *)whole);
  for (int i = 0; wide16[i]; i++) putchar((char)wide16[i]);
  putchar('\\n');
  for (int i = 0; wide32[i]; i++) putchar((char)wide32[i]);
  putchar('\\n');
  return 0;
}
`
  writeFileSync(join(folder, 'x.c'), source)
  const data = `${path(1)}/share/greet`
  const prefix = '/home/somebody/.zagi/s'
  const there = `${prefix}/${names[1]!.slice(32 - tailLength(prefix))}/share/greet`
  for (const level of ['-O0', '-O1', '-O2', '-O3', '-Os']) {
    const program = join(folder, `x${level}`)
    const define = [`-DDATADIR="${data}"`, `-DWIDE16=u"${data}"`, `-DWIDE32=U"${data}"`]
    execFileSync('gcc', [level, ...define, '-o', program, join(folder, 'x.c')])
    const bytes = readFileSync(program)
    assert.equal(findInFile(bytes, index).markers, [], level)
    writeFileSync(program, moved(bytes, prefix))
    const said = execFileSync(program, { encoding: 'utf8' })
    assert.is(said, `${there}\nprefix=${there}/two\n${there}\n${there}\n${there}\n${there}\n`, level)
  }
})
