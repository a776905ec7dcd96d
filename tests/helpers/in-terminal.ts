import { spawnSync } from 'node:child_process'

/** Runs a command line of sh in a pseudo-terminal (`script` of util-linux); answers all that the terminal was sent. */
export function inTerminal(
  line: string,
  options: { env: Record<string, string>; cwd?: string; input?: string },
): string {
  const { env, cwd, input = '' } = options
  const run = spawnSync('script', ['-qec', line, '/dev/null'], {
    env: { TERM: 'xterm', SHELL: '/bin/sh', ...env },
    input,
    encoding: 'utf8',
    ...(cwd === undefined ? {} : { cwd }),
  })
  if (run.error) throw run.error
  return run.stdout
}
