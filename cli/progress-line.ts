import type { Progress } from '../base/index.ts'
import { count, grouped, share, size } from './human-words.ts'

const barWidth = 20

/** One report as a line of at most `columns` characters: "Downloading  [=====>    ]  45.0 %  96.1 MB of 212.0 MB". */
export function progressLine(progress: Progress, columns: number): string {
  const { phase, done, total, unit } = progress
  const parts = [phase]
  if (total > 0) {
    parts.push(bar(done / total), share(Math.min(done, total), total).padStart(7))
    parts.push(`${unit === 'bytes' ? size(done) : grouped(done)} of ${amount(progress, total)}`)
  } else if (done > 0) {
    parts.push(amount(progress, done))
  }
  // What matters most stands first: leave out the bar, then the end, where the terminal is narrow.
  for (const shown of [parts, parts.filter((part) => !part.startsWith('[')), parts.slice(0, 1)]) {
    const line = shown.join('  ')
    if (line.length <= columns) return line
  }
  return phase.slice(0, columns)
}

function bar(portion: number): string {
  const filled = Math.min(barWidth, Math.floor(portion * barWidth))
  const body = '='.repeat(filled) + (filled < barWidth ? '>' : '')
  return `[${body.slice(0, barWidth).padEnd(barWidth)}]`
}

function amount({ unit }: Progress, value: number): string {
  return unit === 'bytes' ? size(value) : count(value, unit.slice(0, -1))
}
