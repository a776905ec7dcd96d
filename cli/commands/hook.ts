import { hookScript } from '../../hook/index.ts'
import { command, optionalWord } from '../command.ts'
import { guessShell, parseShell } from '../guess-shell.ts'
import { ownProgram } from '../own-program.ts'

export const hook = command({
  name: 'hook',
  about: [
    'Prints shell code that activates a project when you change into its folder and deactivates it when you leave. The installer puts the line for it into the rc file of your shell.',
  ],
  arguments: { shell: optionalWord('SHELL', 'bash, zsh or fish; guessed if left out') },
  examples: [
    ['hook bash', 'In ~/.bashrc: eval "$(zagi hook bash)"'],
    ['hook fish', 'In ~/.config/fish/config.fish: zagi hook fish | source'],
  ],
  async run({ shell: word }, { settings, terminal }) {
    const shell = word === undefined ? guessShell(settings.shell) : parseShell(word)
    const code = hookScript(shell, { program: ownProgram() })
    if (!terminal.json) terminal.raw(code)
    terminal.object({ shell, code })
  },
})
