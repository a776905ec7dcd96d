import { folder, link, original, program, type SyntheticPath, storeNameOf } from './synthetic-closure.ts'

export const lib = storeNameOf('lib-1')
export const tool = storeNameOf('tool-2')
export const hook = storeNameOf('hook.sh')

/** Larger than one chunk, with a reference to each path; the second lies where one chunk ends and the next begins. */
export function bigFile(lib: string, tool: string): Buffer {
  const bytes = Buffer.alloc(400_000, ';')
  bytes.write(`${lib}/big`, 65_530)
  bytes.write(`${tool}/big`, 131_072 - 20)
  bytes.write(`${tool}/big`, 399_900)
  return bytes
}

/** Three paths with every kind of entry and reference. */
export function sample(): SyntheticPath[] {
  const big = bigFile(original(lib), original(tool))
  return [
    {
      name: tool,
      references: [lib, hook],
      content: folder({
        bin: folder({
          tool: program(
            `#!/bin/sh\n. ${original(hook)}\necho $WORD ${original(tool)}/share $(cat ${original(lib)}/word)\n`,
          ),
          alias: link(`${original(tool)}/bin/tool`),
        }),
        share: folder({ 'a.txt': 'no references', empty: '', big, 'utf16.txt': Buffer.from(original(lib), 'utf16le') }),
        self: original(tool),
      }),
    },
    { name: lib, content: folder({ word: 'library\n', lib64: link('lib') }) },
    { name: hook, content: 'WORD=hooked\n' },
  ]
}
