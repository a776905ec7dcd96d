import * as assert from 'uvu/assert'
import { docProblems } from '../../scripts/doc-problems.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('scripts: check-docs')

const errorCodes = { USAGE: { exit: 2 }, DISK_FULL: { exit: 1 } }
const good = {
  'README.md':
    '# Read me\n[architecture](docs/architecture.md), [code](store/), [here](#read-me), [web](https://example.org/x)\n',
  'store/index.ts': '',
  'docs/architecture.md': '# The Shape: a `tree`\n[tree](formats/tree.md#the-tree_s-form) [up](../README.md "title")\n',
  'docs/formats/tree.md':
    '# The tree_s form!\n```\n[not a link](nowhere.md)\n# not a heading\n```\nand `[x](nowhere.md)`\n',
  'docs/decisions/README.md': '[0001](0001-one.md)\n',
  'docs/decisions/0001-one.md': '[shape](../architecture.md#the-shape-a-tree)\n',
  'docs/errors.md': '| code | exit |\n|---|---|\n| `USAGE` | 2 | wrong words |\n| `DISK_FULL` | 1 | no space |\n',
}

/** Expects exactly these complaints about the good tree with some files changed. */
function complains(changes: Record<string, string>, ...expected: string[]): void {
  const texts = new Map(Object.entries({ ...good, ...changes }))
  assert.equal(docProblems(texts, { errorCodes, machineFolders: ['/srv/ann/zagi', '/root'] }), expected)
}

test('a good tree has no problem', () => {
  complains({ 'docs/guide.md': 'In /root or /srv/ann, `[x](y)`.\n' })
})

test('links that lead nowhere', () => {
  complains(
    { 'docs/guide.md': '[a](gone.md) [b](../store/gone.ts)\n[c](architecture.md#gone) [d](#gone) [e](formats)\n' },
    'docs/guide.md: the link "gone.md" leads nowhere',
    'docs/guide.md: the link "../store/gone.ts" leads nowhere',
    'docs/guide.md: the link "architecture.md#gone" names a heading that is not there',
    'docs/guide.md: the link "#gone" names a heading that is not there',
  )
})

test('error codes that are missing, unknown, wrong or doubled', () => {
  complains(
    { 'docs/errors.md': '| `DISK_FULL` | 2 | |\n| `DISK_FULL` | 70 | |\n| `GONE` | 1 | |\n' },
    'docs/errors.md: "DISK_FULL" is listed twice',
    'docs/errors.md: the error code "USAGE" is missing',
    'docs/errors.md: "DISK_FULL" exits with 1, not 70',
    'docs/errors.md: there is no error code "GONE"',
  )
})

test('decisions and formats that nobody can find', () => {
  complains(
    { 'docs/decisions/0002-two.md': '', 'docs/formats/pack.md': '' },
    'docs/decisions/README.md: there is no link to "docs/decisions/0002-two.md"',
    'docs/architecture.md: there is no link to "docs/formats/pack.md"',
  )
})

test('names of registries and of this machine', () => {
  const host = ['registry', 'npmjs', 'org'].join('.')
  complains(
    { 'package-lock.json': `{"resolved": "https://${host}/x.tgz"}`, 'scripts/x.sh': 'cd /srv/ann/zagi && npm test\n' },
    `package-lock.json: names the registry "${host}"`,
    'scripts/x.sh: has a path of this machine, "/srv/ann/zagi"',
  )
})
