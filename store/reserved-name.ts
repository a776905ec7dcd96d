// What macOS leaves out when it compares names.
const ignored = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g

/**
 * True for an entry that can never come from a tree, because programs trust what they find there: `.git` anywhere,
 * and `state`, `env` and `data` in a `.zagi` folder. Case and invisible characters do not help.
 * @param parent name of the folder that the entry is in, '' for the root
 */
export function isReservedName(parent: string, name: string): boolean {
  // Nearly every name ends here: invisible characters are not ASCII.
  if (name.length > 5 && !/[^\x00-\x7f]/.test(name)) return false
  const plain = plainName(name)
  if (plain === '.git') return true
  return (plain === 'state' || plain === 'env' || plain === 'data') && plainName(parent) === '.zagi'
}

function plainName(name: string): string {
  return name.replace(ignored, '').toLowerCase()
}
