import { isObjectId } from '../git/git-object.ts'
import type { View } from '../types.ts'

/** The commit that HEAD is on in a view; undefined before the first one. */
export function headCommit({ head, refs }: Pick<View, 'head' | 'refs'>): string | undefined {
  return isObjectId(head) ? head : refs[head]
}
