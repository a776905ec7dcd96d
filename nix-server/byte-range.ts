/** What a Range header asks of `size` bytes: all of it, a part, or something that is not there. */
export type ByteRange = { kind: 'all' } | { kind: 'part'; start: number; length: number } | { kind: 'unsatisfiable' }

/**
 * Reads a Range header (RFC 9110, section 14). One range is served; several, or another unit, or nonsense, are
 * answered with the whole, as the standard allows.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=\s*(\d{0,16})\s*-\s*(\d{0,16})\s*$/.exec(header ?? '')
  const [, first = '', last = ''] = match ?? []
  if (match === null || (first === '' && last === '')) return { kind: 'all' }
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', start: size - length, length }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return { kind: 'all' }
  return start >= size ? { kind: 'unsatisfiable' } : { kind: 'part', start, length: end - start + 1 }
}
