import type { LongOperation } from '../base/index.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** What a command is given besides its words and options. */
export interface CommandContext {
  settings: Settings
  terminal: Terminal
  /** Given by the first Ctrl-C. */
  signal: AbortSignal
  /** Signal and progress for the use cases of project/. */
  operation: LongOperation
  /** The words that belong to another program, see {@link Command.passesOn}. */
  passedOn: string[]
}

/** One option or word of a command line; `Value` is what parsing makes of it. */
export interface Argument<Value> {
  kind: 'flag' | 'text' | 'list' | 'word' | 'optional-word' | 'words'
  /** Options: "-m, --message". Words: the name shown in help, "FOLDER". */
  names: string
  /** What stands for the value of an option in help: "MESSAGE". */
  placeholder: string
  about: string
  /** Carries the type only. */
  readonly value?: Value
}

export type Arguments = Record<string, Argument<unknown>>

export type Values<A extends Arguments> = { [K in keyof A]: A[K] extends Argument<infer Value> ? Value : never }

/** An option that is there or not. */
export function flag(names: string, about: string): Argument<boolean> {
  return { kind: 'flag', names, placeholder: '', about }
}

/** An option with a value. */
export function text(names: string, placeholder: string, about: string): Argument<string | undefined> {
  return { kind: 'text', names, placeholder, about }
}

/** An option with a value that may be given several times. */
export function list(names: string, placeholder: string, about: string): Argument<string[]> {
  return { kind: 'list', names, placeholder, about }
}

/** A word that must be there. */
export function word(name: string, about: string): Argument<string> {
  return { kind: 'word', names: name, placeholder: '', about }
}

/** A word that may be absent: only after all words that must be there. */
export function optionalWord(name: string, about: string): Argument<string | undefined> {
  return { kind: 'optional-word', names: name, placeholder: '', about }
}

/** One word or more, to the end. */
export function words(name: string, about: string): Argument<string[]> {
  return { kind: 'words', names: name, placeholder: '', about }
}

/** A command as data and one function: what it takes, how help tells it, what it does. */
export interface Command<A extends Arguments = Arguments> {
  /** The words that name it: "remote add". */
  name: string
  /** Paragraphs, without line breaks of their own. */
  about: string[]
  arguments: A
  /** Command line without the leading "zagi", and what it does. */
  examples: [line: string, does: string][]
  /**
   * Usage of the words that belong to another program ("-- COMMAND…"): everything from the first word that is not an
   * option, or after `--`, is handed on as it is.
   */
  passesOn?: string
  /** Returns the exit status where it is not 0. */
  run(values: Values<A> & { json: boolean }, context: CommandContext): Promise<number | undefined> | Promise<void>
}

/** Keeps the types of the arguments for `run`. */
export function command<A extends Arguments>(description: Command<A>): Command {
  return description as unknown as Command
}
