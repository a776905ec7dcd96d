import { generateKeyPairSync, sign } from 'node:crypto'
import * as assert from 'uvu/assert'
import { type ErrorCode, isZagiError } from '../../base/index.ts'
import { fingerprint, maximumNarinfo, parseNarinfo } from '../../nix-server/tools/narinfo.ts'
import { parsePathInfo } from '../../nix-server/tools/path-info.ts'
import { parseTrustedKeys, verifyNarinfo } from '../../nix-server/tools/signature.ts'
import { random } from '../helpers/random.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('nix-server: narinfo')

const a = '0123456789abcdfghijklmnpqrsvwxyz'
const b = 'zyxwvsrqpnmlkjihgfdcba9876543210'
const narHash = 'sha256:1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s'

const good = `StorePath: /nix/store/${a}-hello-2.12
URL: nar/abc.nar.zst
Compression: zstd
FileHash: ${narHash}
FileSize: 1234
NarHash: ${narHash}
NarSize: 5678
References: ${b}-glibc-2.36 ${a}-hello-2.12
Deriver: unknown-deriver
System: x86_64-linux
`

function parse(text: string) {
  return parseNarinfo(Buffer.from(text, 'latin1'), 'test.narinfo')
}

function refusedWith(code: ErrorCode, action: () => unknown, what: string): void {
  assert.throws(action, (error: unknown) => isZagiError(error, code), what)
}

/** A key pair in Nix's form, and what signs with it. */
function makeKey(name: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    text: `${name}:${raw.toString('base64')}`,
    sign: (message: string) => `${name}:${sign(null, Buffer.from(message), privateKey).toString('base64')}`,
  }
}

test('a narinfo is read', () => {
  const info = parse(`${good}Sig: k:x\nSig: l:y\n`)
  assert.is(info.name, `${a}-hello-2.12`)
  assert.is(info.url, 'nar/abc.nar.zst')
  assert.is(info.compression, 'zstd')
  assert.is(info.narSize, 5678)
  assert.is(info.fileSize, 1234)
  assert.equal(info.references, [`${a}-hello-2.12`, `${b}-glibc-2.36`])
  assert.equal(info.signatures, ['k:x', 'l:y'])
  assert.is(parse(good.replace(/References: .*/, 'References: ')).references.length, 0)
  assert.is(parse(good.replace('Compression: zstd\n', '')).compression, 'bzip2')
  assert.is(parse(good.replace('abc.nar.zst', 'abc.nar?hash=abc')).url, 'nar/abc.nar?hash=abc')
})

test('the fingerprint is what Nix signs', () => {
  const references = `/nix/store/${a}-hello-2.12,/nix/store/${b}-glibc-2.36`
  assert.is(fingerprint(parse(good)), `1;/nix/store/${a}-hello-2.12;${narHash};5678;${references}`)
})

test('hostile narinfo files are refused', () => {
  const changes: [string | RegExp, string][] = [
    [/StorePath: .*\n/, ''],
    [/NarHash: .*\n/, ''],
    [/NarSize: .*\n/, ''],
    [/URL: .*\n/, ''],
    ['StorePath:', 'StorePath: /nix/store/x\nStorePath:'],
    ['NarHash:', `NarHash: ${narHash}\nNarHash:`],
    [`/nix/store/${a}-hello-2.12`, `/gnu/store/${a}-hello-2.12`],
    [`/nix/store/${a}-hello-2.12`, `/nix/store/${a}-hello-2.12/../x`],
    [`/nix/store/${a}-hello-2.12`, `/nix/store/${a}`],
    [`/nix/store/${a}`, `/nix/store/${a.replace('0', 'e')}`],
    ['nar/abc.nar.zst', '../../etc/passwd'],
    ['nar/abc.nar.zst', '/etc/passwd'],
    ['nar/abc.nar.zst', 'nar/../../x'],
    ['nar/abc.nar.zst', 'http://elsewhere/x'],
    ['nar/abc.nar.zst', 'nar//x'],
    ['nar/abc.nar.zst', 'nar/%2e%2e/x'],
    ['nar/abc.nar.zst', 'nar/a b'],
    ['nar/abc.nar.zst', `nar/${'x'.repeat(600)}`],
    [`NarHash: ${narHash}`, 'NarHash: sha256:abc'],
    [`NarHash: ${narHash}`, `NarHash: md5:${a}`],
    ['NarSize: 5678', 'NarSize: -1'],
    ['NarSize: 5678', 'NarSize: 1e9'],
    ['NarSize: 5678', 'NarSize: 0005678'],
    ['NarSize: 5678', 'NarSize: 99999999999999999999'],
    ['NarSize: 5678', 'NarSize: 1099511627776'],
    [`${b}-glibc-2.36`, `/nix/store/${b}-glibc-2.36`],
    [`${b}-glibc-2.36`, '../x'],
    [`${b}-glibc-2.36`, `${b}-glibc-2.36 ${b}-glibc-2.36`],
    ['Deriver: ', 'Deri\0ver: '],
    ['Deriver: ', 'Deri\rver: '],
    ['System: x86_64-linux', 'no field'],
    ['System: x86_64-linux', ': no field'],
    ['System: x86_64-linux', `Sig: x\n`.repeat(33)],
  ]
  for (const [from, to] of changes) {
    const text = good.replace(from, () => to)
    assert.is.not(text, good)
    refusedWith('NARINFO_BAD', () => parse(text), `${from} → ${to.slice(0, 80)}`)
  }
  refusedWith('NARINFO_BAD', () => parse(''), 'empty')
  refusedWith('NARINFO_BAD', () => parse(`${good}X: ${'x'.repeat(maximumNarinfo)}`), 'too long')
})

test('only a trusted key is believed', () => {
  const ours = makeKey('cache.example-1')
  const theirs = makeKey('cache.example-1')
  const other = makeKey('other-1')
  const keys = parseTrustedKeys([ours.text, other.text])
  const message = fingerprint(parse(good))
  const check = (...signatures: string[]) =>
    verifyNarinfo(parse(good + signatures.map((text) => `Sig: ${text}\n`).join('')), keys)

  check(ours.sign(message))
  check(other.sign(message))
  check('unknown:AAAA', ours.sign(message))
  refusedWith('SIGNATURE_BAD', () => check(), 'no signature')
  refusedWith('SIGNATURE_BAD', () => check(theirs.sign(message)), 'same name, another key')
  refusedWith('SIGNATURE_BAD', () => check(ours.sign(message).replace('cache.example-1', 'other-1')), 'another name')
  refusedWith('SIGNATURE_BAD', () => check(ours.sign(`${message} `)), 'another message')
  refusedWith('SIGNATURE_BAD', () => check(`${ours.sign(message)}=`), 'not base 64')
  refusedWith('SIGNATURE_BAD', () => check('cache.example-1:', 'cache.example-1', ':'), 'empty')
})

test('a signature covers everything that matters', () => {
  const key = makeKey('k')
  const keys = parseTrustedKeys([key.text])
  const signed = `${good}Sig: ${key.sign(fingerprint(parse(good)))}\n`
  verifyNarinfo(parse(signed), keys)
  const changes: [string, string][] = [
    ['NarSize: 5678', 'NarSize: 5679'],
    [`NarHash: ${narHash}`, `NarHash: ${narHash.replace('1b', '1c')}`],
    ['-hello-2.12\nURL', '-hello-2.13\nURL'],
    [`References: ${b}-glibc-2.36 `, 'References: '],
  ]
  for (const [from, to] of changes) {
    const text = signed.replace(from, to)
    assert.is.not(text, signed)
    refusedWith('SIGNATURE_BAD', () => verifyNarinfo(parse(text), keys), from)
  }
})

test('malformed keys are refused, and so is having none', () => {
  const { text } = makeKey('k')
  for (const bad of ['', 'k', 'k:', 'k:AAAA', text.slice(1), `a b:${text.slice(2)}`, `${text}=`]) {
    refusedWith('SIGNATURE_BAD', () => parseTrustedKeys([bad]), bad)
  }
  refusedWith('SIGNATURE_BAD', () => parseTrustedKeys([]), 'none')
})

test('any change of a narinfo is refused or read, and never fails in another way', () => {
  const { seed, below, pick } = random()
  const key = makeKey('k')
  const keys = parseTrustedKeys([key.text])
  const signed = Buffer.from(`${good}Sig: ${key.sign(fingerprint(parse(good)))}\n`)
  const original = fingerprint(parse(good))
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(signed)
    for (let change = 0; change <= below(3); change++) bytes[below(bytes.length)] = below(256)
    const cut = below(4) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes
    const doubled = below(10) === 0 ? Buffer.concat([cut, Buffer.from(pick(good.split('\n')))]) : cut
    try {
      const info = parseNarinfo(doubled, 'test')
      verifyNarinfo(info, keys)
      assert.is(fingerprint(info), original, `seed ${seed}, round ${round}`)
    } catch (error) {
      const expected = isZagiError(error, 'NARINFO_BAD') || isZagiError(error, 'SIGNATURE_BAD')
      assert.ok(expected, `seed ${seed}, round ${round}: ${error}`)
    }
  }
})

test('what Nix says of a closure is understood in all its forms', () => {
  const sri = 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='
  const paths = { hello: `${a}-hello`, libc: `${b}-libc` }
  const full = (name: string) => `/nix/store/${name}`
  const list = [
    { path: full(paths.hello), narHash: narHash, narSize: 10, references: [full(paths.libc), full(paths.hello)] },
    { path: full(paths.libc), narHash: sri, narSize: 20, references: [], valid: true },
  ]
  const byPath = Object.fromEntries(list.map(({ path, ...rest }) => [path, rest]))
  const structured = { algorithm: 'sha256', format: 'base64', hash: sri.slice(7) }
  const nested = {
    version: 2,
    storeDir: '/nix/store',
    info: {
      [paths.hello]: { narHash: structured, narSize: 10, references: [paths.libc, paths.hello] },
      [paths.libc]: { narHash: structured, narSize: 20, references: [] },
    },
  }
  const expected = parsePathInfo(JSON.stringify(list))
  assert.equal(
    expected.map(({ name, narSize, references }) => ({ name, narSize, references })),
    [
      { name: paths.hello, narSize: 10, references: [paths.hello, paths.libc] },
      { name: paths.libc, narSize: 20, references: [] },
    ],
  )
  assert.equal(parsePathInfo(JSON.stringify(byPath)), expected)
  assert.equal(parsePathInfo(JSON.stringify(nested)), expected)
  const bad = ['', '[]', '{}', '3', JSON.stringify([list[0]]), JSON.stringify({ [full(paths.libc)]: null })]
  const invalid = [JSON.stringify([{ path: full(paths.libc), valid: false }]), JSON.stringify([{ path: '/etc' }])]
  for (const text of [...bad, ...invalid]) refusedWith('TOOL_FAILED', () => parsePathInfo(text), text)
})
