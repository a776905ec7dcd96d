import { ZagiError } from '../base/index.ts'

/** Reads values out of JSON that nobody has checked yet: each read fails with MANIFEST_CORRUPT and says where. */
export class CheckedJson {
  readonly value: unknown
  readonly #what: string
  readonly #hint: string
  readonly #where: string

  private constructor(value: unknown, origin: Origin, where: string) {
    this.value = value
    this.#what = origin.what
    this.#hint = origin.hint
    this.#where = where
  }

  /**
   * Parses a whole document of at most `maximum` bytes and checks its `version`.
   * @param what names it for the reader: `The closure record` @throws ZagiError TOO_LARGE, MANIFEST_CORRUPT, FORMAT_TOO_NEW
   */
  static document(bytes: Uint8Array, what: string, { version, maximum, hint }: DocumentLimits): CheckedJson {
    checkSize(bytes.length, what, maximum)
    const root = new CheckedJson(parse(bytes, { what, hint }), { what, hint }, '')
    const found = root.at('version').integer(0)
    if (found > version) {
      throw new ZagiError('FORMAT_TOO_NEW', `${what} has version ${found}, this zagi reads up to ${version}`, {
        hint: 'Update zagi',
      })
    }
    if (found !== version) root.at('version').fail(`must be ${version}`)
    return root
  }

  fail(why: string): never {
    const where = this.#where === '' ? '' : ` at "${this.#where.slice(0, 200)}"`
    throw new ZagiError('MANIFEST_CORRUPT', `${this.#what} is damaged${where}: ${why}`, { hint: this.#hint })
  }

  #child(value: unknown, key: string | number): CheckedJson {
    const origin = { what: this.#what, hint: this.#hint }
    return new CheckedJson(value, origin, this.#where === '' ? String(key) : `${this.#where}.${key}`)
  }

  /** The field `name` of an object; its value is undefined where it is missing. */
  at(name: string): CheckedJson {
    const object = this.#object()
    return this.#child(Object.hasOwn(object, name) ? object[name] : undefined, name)
  }

  #object(): Record<string, unknown> {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      this.fail('must be an object')
    return this.value as Record<string, unknown>
  }

  entries(maximum: number): [string, CheckedJson][] {
    const entries = Object.entries(this.#object())
    if (entries.length > maximum) this.fail(`has ${entries.length} entries, at most ${maximum} are allowed`)
    return entries.map(([name, value]) => [name, this.#child(value, name)])
  }

  items(maximum: number): CheckedJson[] {
    if (!Array.isArray(this.value)) this.fail('must be a list')
    if (this.value.length > maximum) this.fail(`has ${this.value.length} items, at most ${maximum} are allowed`)
    return this.value.map((value, at) => this.#child(value, at))
  }

  integer(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.value
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) this.fail('must be an integer')
    if (value < minimum || value > maximum) this.fail(`is ${value}, outside ${minimum} to ${maximum}`)
    return value
  }

  /** A list of exactly `count` integers: the shape of table entries, of which there may be very many. */
  numbers(count: number): number[] {
    const list = this.value
    if (!Array.isArray(list) || list.length !== count || !list.every(Number.isSafeInteger)) {
      this.fail(`must be a list of ${count} integers`)
    }
    return list
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') this.fail('must be true or false')
    return this.value
  }

  /** A value that `guard` accepts; `meaning` says what it should have been. */
  matching<T>(guard: (value: unknown) => value is T, meaning: string): T {
    if (!guard(this.value)) this.fail(`must be ${meaning}`)
    return this.value
  }

  /** A text that matches `form`; `meaning` says what it should have been. */
  text(form: RegExp, meaning: string): string {
    if (typeof this.value !== 'string' || !form.test(this.value)) this.fail(`must be ${meaning}`)
    return this.value
  }
}

export interface DocumentLimits {
  version: number
  /** Bytes. */
  maximum: number
  /** What to do where it is damaged. */
  hint: string
}

/** The hint for records that came from a remote. */
export const fetchAgain = 'Fetch it again; if that does not help, do not trust where it came from'

/** What the reader is told of a document that is damaged. */
interface Origin {
  what: string
  hint: string
}

/** For sizes that are known before the bytes are read. @throws ZagiError TOO_LARGE */
export function checkSize(size: number, what: string, maximum: number): void {
  if (size <= maximum) return
  throw new ZagiError('TOO_LARGE', `${what} has ${size} bytes, at most ${maximum} are allowed`)
}

function parse(bytes: Uint8Array, { what, hint }: Origin): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch (error) {
    throw new ZagiError('MANIFEST_CORRUPT', `${what} is not JSON`, { hint, cause: error })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
