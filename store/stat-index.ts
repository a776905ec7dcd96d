/** What a stat index compares. */
export interface IndexedStat {
  size: number
  mtimeNs: bigint
  inode: bigint
  mode: number
}
export class StatIndex {
  static read(_file: string): StatIndex {
    throw new Error('Bug: not written yet')
  }
  get(_path: string, _stat: IndexedStat): Uint8Array | undefined {
    throw new Error('Bug: not written yet')
  }
  set(_path: string, _stat: IndexedStat, _value: Uint8Array): void {
    throw new Error('Bug: not written yet')
  }
  write(_file: string): void {
    throw new Error('Bug: not written yet')
  }
}
