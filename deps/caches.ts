/**
 * Names directly in a `node_modules` that hold what tools make again when it is missing: build caches and what an
 * interrupted bundler leaves behind. They change with every run and are not part of the dependencies.
 */
export const caches: ReadonlySet<string> = new Set(['.cache', '.vite', '.vite-temp', '.vitest', '.vitest-attachments'])

/**
 * Python's bytecode: it is made again from the sources when it is missing or older than they are. It holds the
 * absolute path and the time of its source, so no two installations agree on it.
 */
export const bytecodeCache = '__pycache__'
