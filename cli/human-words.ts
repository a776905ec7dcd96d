const byteUnits = ['KB', 'MB', 'GB', 'TB', 'PB']

/** A size for people, in powers of 1000: "1 byte", "812 bytes", "12.3 KB", "218.0 MB". */
export function size(bytes: number): string {
  if (bytes < 1000) return count(bytes, 'byte')
  let value = bytes / 1000
  let unit = 0
  // 999.95 would be shown as "1000.0"
  while (value >= 999.95 && unit < byteUnits.length - 1) {
    value /= 1000
    unit++
  }
  return `${value.toFixed(1)} ${byteUnits[unit]}`
}

/** A number and its noun: "1 file", "14,832 files"; nouns that do not take an "s" give their plural. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(number)} ${number === 1 ? noun : plural}`
}

/** Whole numbers with commas between the thousands. */
export function grouped(number: number): string {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A time span for people: "45 ms", "0.8 s", "2 min 5 s", "3 h 20 min". */
export function duration(milliseconds: number): string {
  if (milliseconds < 99.5) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** A share of a whole with one decimal, never rounded up to 100: "97.4 %". */
export function share(part: number, whole: number): string {
  if (whole === 0) return '0.0 %'
  const percent = (part / whole) * 100
  return `${(part < whole ? Math.min(percent, 99.9) : percent).toFixed(1)} %`
}
