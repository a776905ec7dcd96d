let armed: string | undefined

/** Every name given to {@link crashPoint}: tests enumerate them. Kept here so that a misspelt name is a type error. */
export const crashPoints = [
  'file:written',
  'file:renamed',
  'pack:written',
  'pack:renamed',
  'index:written',
  'cache:linked',
  'restore:entry',
  'restore:done',
  'git:object',
  'git:pack',
  'operation:written',
  'operation:head-added',
  'refs:one',
  'refs:done',
  'working-copy:written',
  'lock:written',
  'tool:temporary',
  'tool:renamed',
  'env:linked',
  'push:chunks',
  'push:git-pack',
  'push:manifest',
  'push:refs',
  'clone:source',
  'clone:parts',
  'clone:renamed',
] as const

export type CrashPoint = (typeof crashPoints)[number]

/** Arms one point: the process kills itself there (SIGKILL, no clean-up). `"name"`, or `"name#3"` for the third time. */
export function armCrashPoint(spec: string): void {
  armed = spec
}

/** Marks a step between two durable states; does nothing unless a test armed it. */
export function crashPoint(name: CrashPoint): void {
  if (armed === undefined || !armed.startsWith(name)) return
  const [wanted, count] = armed.split('#')
  if (wanted !== name) return
  const left = Number(count ?? 1) - 1
  if (left <= 0) process.kill(process.pid, 'SIGKILL')
  armed = `${name}#${left}`
}

/** The armed point, for handing on to worker threads. */
export function armedCrashPoint(): string | undefined {
  return armed
}
