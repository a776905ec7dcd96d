/** A string of a NAR: its length, its bytes, and zeros up to the next multiple of eight. */
export function narWord(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content)
  const framed = Buffer.alloc(8 + Math.ceil(bytes.length / 8) * 8)
  framed.writeBigUInt64LE(BigInt(bytes.length))
  bytes.copy(framed, 8)
  return framed
}

export function narWords(...words: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(words.map(narWord))
}

/** What a NAR can hold. Entries of a folder are written in the order given. */
export type NarNode =
  | { file: string | Uint8Array; executable?: boolean }
  | { link: string }
  | { folder: [name: string | Uint8Array, node: NarNode][] }

/** The bytes of a NAR, also of one that is not allowed. */
export function narBytes(node: NarNode): Buffer {
  return Buffer.concat([narWord('nix-archive-1'), nodeBytes(node)])
}

function nodeBytes(node: NarNode): Buffer {
  if ('link' in node) return narWords('(', 'type', 'symlink', 'target', node.link, ')')
  if ('file' in node) {
    const mark = node.executable ? narWords('executable', '') : Buffer.alloc(0)
    return Buffer.concat([narWords('(', 'type', 'regular'), mark, narWords('contents', node.file, ')')])
  }
  const entries = node.folder.map(([name, inside]) =>
    Buffer.concat([narWords('entry', '(', 'name', name, 'node'), nodeBytes(inside), narWord(')')]),
  )
  return Buffer.concat([narWords('(', 'type', 'directory'), ...entries, narWord(')')])
}
