import { type Context, type Test, suite as uvuSuite } from 'uvu'

/** Seconds after which a test counts as hanging. Real servers and builds start within it. */
const defaultSeconds = 60

export interface SuiteOptions {
  /** Time limit of each test and hook, in seconds. */
  seconds?: number
}

type Handler = (context: Context) => Promise<void> | void

/** A suite of tests: `test('what holds', () => …)`, with `test.before`, `test.after` and their `each`. */
export interface Suite {
  (name: string, handler: Handler): void
  before: ((handler: Handler) => void) & { each: (handler: Handler) => void }
  after: ((handler: Handler) => void) & { each: (handler: Handler) => void }
}

/**
 * A uvu suite without uvu's three holes: it runs without `.run()`, a failing `before` fails the file
 * (uvu would exit 0), and a test that hangs fails after a time limit. Skipping is not offered.
 */
export function suite(name: string, options: SuiteOptions = {}): Suite {
  const inner: Test<Record<string, unknown>> = uvuSuite(name, {})
  const limit = (what: string, handler: Handler) =>
    within(options.seconds ?? defaultSeconds, `${name}: ${what}`, handler)
  const hook = (what: string, handler: Handler): Handler => {
    const limited = limit(what, handler)
    return async (context) => {
      try {
        await limited(context)
      } catch (error) {
        // uvu swallows what a hook throws: say it and leave at once, with a status that the runner counts as failed.
        console.error(`\n${name}: ${what} failed\n`, error)
        process.exit(1)
      }
    }
  }
  const test = ((what: string, handler: Handler) => inner(what, limit(what, handler))) as Suite
  test.before = Object.assign((handler: Handler) => inner.before(hook('before', handler)), {
    each: (handler: Handler) => inner.before.each(hook('before each', handler)),
  })
  test.after = Object.assign((handler: Handler) => inner.after(hook('after', handler)), {
    each: (handler: Handler) => inner.after.each(hook('after each', handler)),
  })
  queueMicrotask(() => inner.run())
  return test
}

function within(seconds: number, what: string, handler: Handler): Handler {
  return async (context) => {
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`"${what}" took longer than ${seconds} s`)), seconds * 1000)
    })
    try {
      await Promise.race([handler(context), tooLong])
    } finally {
      clearTimeout(timer)
    }
  }
}
