import { hashLength, referenceLength } from './store-name.ts'

/** Bytes of `/nix/store/<32>-`, and of everything that takes its place. */
const fullLength = referenceLength + 1

/**
 * Fewest hash characters that a rewritten reference keeps. Same-named store paths are told apart by them, and what collides
 * is put under another tail; fewer would make that the rule.
 */
const minimumTail = 6

/** Longest folder, in bytes, that references can be rewritten to: prefix, slash, tail and dash take 44 bytes. */
export const maximumPrefix = fullLength - 2 - minimumTail

/** How many hash characters fit after this prefix; below {@link minimumTail} the prefix is too long. */
export function tailLength(prefix: string): number {
  return Math.min(hashLength, fullLength - 2 - Buffer.byteLength(prefix))
}

/**
 * True if tools can be relocated to this folder: short enough, absolute, and without characters that mean something in the
 * places where paths are written (a space ends a shebang's program, a colon an entry of a library path, …).
 */
export function isRelocatable(prefix: string): boolean {
  return tailLength(prefix) >= minimumTail && /^(\/[A-Za-z0-9._+@=~-]+)+$/.test(prefix) && !/\/\.\.?(\/|$)/.test(prefix)
}

/** What `/nix/store/<32>-` becomes: 44 bytes too, filled up with slashes after a short prefix. */
export function relocated(prefix: string, tail: string): Buffer {
  const slashes = fullLength - 1 - Buffer.byteLength(prefix) - tail.length
  if (slashes < 1) throw new Error(`Bug: the tail "${tail}" does not fit after "${prefix}"`)
  return Buffer.from(`${prefix}${'/'.repeat(slashes)}${tail}-`)
}
