import { ZagiError } from '../base/index.ts'

const longest = 64 * 1024

/** Reads one line without showing it on the terminal, or all of standard input where that is no terminal. */
export async function readSecret(prompt: string, signal: AbortSignal): Promise<string> {
  return process.stdin.isTTY ? readFromTerminal(prompt) : readFromPipe(signal)
}

async function readFromPipe(signal: AbortSignal): Promise<string> {
  let text = ''
  const { stdin } = process
  signal.addEventListener('abort', () => stdin.destroy(stopped()))
  for await (const piece of stdin.setEncoding('utf8')) {
    text += piece
    if (text.length > longest) throw new ZagiError('TOO_LARGE', `Standard input has more than ${longest} characters`)
  }
  return text
}

// In raw mode the terminal neither shows what is typed nor turns Ctrl-C into a signal.
function readFromTerminal(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.resume()
  return new Promise((resolve, reject) => {
    let text = ''
    const finish = (settle: () => void) => {
      stdin.off('data', read)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      settle()
    }
    const read = (typed: string) => {
      for (const character of typed) {
        if (character === '\r' || character === '\n' || character === '\x04') return finish(() => resolve(text))
        if (character === '\x03') return finish(() => reject(stopped()))
        text = character === '\x7f' || character === '\b' ? text.slice(0, -1) : text + character
      }
      return undefined
    }
    stdin.on('data', read)
  })
}

function stopped(): ZagiError {
  return new ZagiError('INTERRUPTED', 'Stopped')
}
