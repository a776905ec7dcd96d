/** The first lines of a script that name its interpreter. */
export interface Head {
  interpreter: string
  /** What follows it, with the blank before: " -E", or ''. */
  options: string
  /** Characters of the head in the script, its last line feed included. */
  length: number
}

// Kernels cut a first line at 127 bytes or a little later, and none allows a blank in the interpreter's path.
const longestShebang = 127

/**
 * Reads the head of a script, in either form that Python installers write: a plain `#!` line, or, for a path that is
 * too long for one or has a blank in it, a `/bin/sh` script that is a Python string at the same time. Undefined for
 * anything that {@link writeHead} would not write exactly so.
 */
export function readHead(text: string): Head | undefined {
  const match = /^#!(\/[^ \n]+)([^\n]*)\n/.exec(text)
  const trick = /^#!\/bin\/sh\n'''exec' (?:"([^"\n]+)"|(\/[^ \n]+))((?: [^"\n]*)?) "\$0" "\$@"\n' '''\n/.exec(text)
  const head = trick
    ? { interpreter: (trick[1] ?? trick[2])!, options: trick[3]!, length: trick[0].length }
    : match && { interpreter: match[1]!, options: match[2]!, length: match[0].length }
  return head && writeHead(head) === text.slice(0, head.length) ? head : undefined
}

/** Writes the head for an interpreter: a plain line where that works, as pip's own script maker decides it. */
export function writeHead({ interpreter, options }: Omit<Head, 'length'>): string {
  const plain = directShebang(interpreter, options)
  const hasBlank = interpreter.includes(' ')
  if (!hasBlank && plain.length <= longestShebang) return plain
  const command = hasBlank ? `"${interpreter}"` : interpreter
  return `#!/bin/sh\n'''exec' ${command}${options} "$0" "$@"\n' '''\n`
}

export function directShebang(interpreter: string, options: string): string {
  return `#!${interpreter}${options}\n`
}
