/**
 * Works on items, up to `limit` at once. After a failure no new one is begun, those under way are told to stop by the
 * signal, and the first failure is thrown once they have.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  options: { limit: number; signal?: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  const iterator = items[Symbol.iterator]()
  let failure: { error: unknown } | undefined
  const lane = async () => {
    while (failure === undefined) {
      const next = iterator.next()
      if (next.done) return
      try {
        await work(next.value, signal)
      } catch (error) {
        failure ??= { error }
        stop.abort()
      }
    }
  }
  await Promise.all(Array.from({ length: options.limit }, lane))
  if (failure !== undefined) throw failure.error
}
