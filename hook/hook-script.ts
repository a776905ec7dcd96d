export type HookShell = 'bash' | 'zsh' | 'fish'

export interface HookOptions {
  /** The zagi program, for what a shell cannot do itself: re-making the short path of tools after a reboot. */
  program: string
}

/** The text that `eval "$(zagi hook SHELL)"` evaluates. */
export function hookScript(_shell: HookShell, _options: HookOptions): string {
  throw new Error('Bug: not written yet')
}
