import * as assert from 'uvu/assert'
import { errorCodes, ZagiError } from '../../base/index.ts'
import { type ReportOptions, reportError } from '../../cli/error-report.ts'
import { suite } from '../helpers/suite.ts'

const test = suite('cli: error report')
const plain: ReportOptions = { json: false, debug: false, bold: (text) => text, red: (text) => text }

test('an error is one line, its hint another', () => {
  const error = new ZagiError('NO_REMOTE', 'This project has no remote', { hint: 'Add one' })
  const report = reportError(error, plain)
  assert.equal(report, { stdout: '', stderr: 'Error: This project has no remote\nHint: Add one\n', status: 1 })
})

test('as JSON it is one object on stdout, with null where there is no hint', () => {
  const { stdout, stderr, status } = reportError(new ZagiError('USAGE', 'No'), { ...plain, json: true })
  assert.equal(JSON.parse(stdout), { error: { code: 'USAGE', message: 'No', hint: null } })
  assert.is(stderr, '')
  assert.is(status, 2)
})

test('every code ends the program with its status of the table', () => {
  for (const [code, { exit }] of Object.entries(errorCodes)) {
    assert.is(reportError(new ZagiError(code as keyof typeof errorCodes, 'x'), plain).status, exit)
  }
})

test('anything else is a bug: 70, where to report, no stack', () => {
  for (const thrown of [new TypeError('x is not a function'), 'text', undefined, null, 5, { a: 1 }]) {
    const { stderr, status } = reportError(thrown, plain)
    assert.is(status, 70)
    assert.match(stderr, /^Error: Bug: /)
    assert.match(stderr, /\nHint: .*report/)
    assert.not.match(stderr, /\n\s+at /)
  }
})

test('the stack and its causes come with ZAGI_DEBUG only', () => {
  const error = new ZagiError('SYSTEM', 'outer', { cause: new Error('inner') })
  const { stderr } = reportError(error, { ...plain, debug: true })
  assert.match(stderr, /outer\n\s+at [\s\S]*Caused by: Error: inner\n\s+at /)
})

test('a system error that nobody explained is no bug', () => {
  const error = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', syscall: 'mkdir', path: '/x' })
  const { stderr, status } = reportError(error, plain)
  assert.is(status, 1)
  assert.match(stderr, /"\/x": permission denied/)
  assert.is(reportError(Object.assign(new Error('x'), { code: 'EPIPE', syscall: 'write' }), plain).status, 1)
})

test('secrets and control characters do not come through', () => {
  const error = new ZagiError('AUTH_DENIED', 'https://me:secret@host refused zagi_w_abcdef\x1b[2J\nForged: line')
  const { stderr } = reportError(error, plain)
  assert.not.match(stderr, /secret|abcdef|\x1b/)
  assert.is(stderr.split('\n').length, 2)
})

test('an interruption is no error', () => {
  assert.equal(reportError(new ZagiError('INTERRUPTED', 'Stopped'), plain), {
    stdout: '',
    stderr: 'Stopped\n',
    status: 130,
  })
})
