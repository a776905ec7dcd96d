import { isPackaged } from '../base/index.ts'

/** The file that runs this program, for others to call; from sources there is none, and PATH decides. */
export function ownProgram(): string {
  return isPackaged ? process.execPath : 'zagi'
}
