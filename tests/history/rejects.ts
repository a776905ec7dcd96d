import * as assert from 'uvu/assert'
import { isZagiError, type ZagiError } from '../../base/index.ts'

/** Makes sure that a promise is rejected with a ZagiError of this code that has a hint, and answers the error. */
export async function rejects(promise: Promise<unknown>, code: string): Promise<ZagiError> {
  try {
    await promise
  } catch (error) {
    if (!isZagiError(error)) throw error
    assert.is(error.code, code, error.message)
    assert.ok(error.hint, 'the error has a hint')
    return error
  }
  throw new Error(`${code} was expected`)
}
