import { join } from 'node:path'
import { ensureFolder, randomName, readFileIfPresent, writeFileAtomic, ZagiError } from '../base/index.ts'
import { isRelocatable, maximumPrefix } from './relocation.ts'
import { ensureShortLink } from './short-link.ts'

/** Where tools go on this machine, and where a shorter way to them may be made if that path cannot be written into programs. */
export interface ToolsPlace {
  /** `~/.zagi/s`, see `ZagiHome.tools`. */
  tools: string
  /** The user's private runtime folder, XDG_RUNTIME_DIR, where there is one. */
  runtime?: string | undefined
  /** A folder with a short name that everybody may write to; default `/tmp`. */
  temporary?: string | undefined
}

// The choice is kept: tools that were materialised under one prefix do not work under another.
const record = '.prefix'

/**
 * The path that is written into programs: the tools folder itself, or a short link to it where that is too long or has
 * characters that paths inside programs cannot have.
 * @throws ZagiError HOME_TOO_LONG where no short link can be made either
 */
export function toolsPrefix(place: ToolsPlace): string {
  ensureFolder(place.tools)
  if (isRelocatable(place.tools)) return place.tools
  const kept = keptPrefix(place.tools)
  if (kept !== undefined && ensureShortLink(kept, place.tools)) return kept
  for (const link of candidates(place)) {
    if (!isRelocatable(link) || !ensureShortLink(link, place.tools)) continue
    writeFileAtomic(join(place.tools, record), `${link}\n`)
    return link
  }
  throw new ZagiError('HOME_TOO_LONG', `Tools cannot be relocated to "${place.tools}": ${reason(place.tools)}`, {
    hint: `Set ZAGI_HOME to a folder whose path has at most ${maximumPrefix - 2} letters, digits, "/", ".", "_" and "-"`,
  })
}

/**
 * Makes sure that the short link that tools were materialised under is there: runtime folders and `/tmp` are emptied at a restart.
 * @returns the link, or undefined where this tools folder needs none @throws ZagiError HOME_TOO_LONG where it cannot be made again
 */
export function keepShortLink(tools: string): string | undefined {
  const kept = isRelocatable(tools) ? undefined : keptPrefix(tools)
  if (kept === undefined || ensureShortLink(kept, tools)) return kept
  throw new ZagiError('HOME_TOO_LONG', `The short path "${kept}" to "${tools}" cannot be made again`, {
    hint: `Remove "${kept}" if it is not yours, or fetch the tools again with: zagi pull`,
  })
}

function keptPrefix(tools: string): string | undefined {
  const text = readFileIfPresent(join(tools, record))?.toString().trimEnd()
  return text !== undefined && isRelocatable(text) ? text : undefined
}

function* candidates({ runtime, temporary = '/tmp' }: ToolsPlace): Generator<string> {
  const name = () => randomName().slice(0, 6)
  if (runtime !== undefined) yield join(runtime, 'zagi', name())
  yield join(temporary, `zagi-${process.getuid?.()}`, name())
  // The plain name may have been taken by somebody else.
  for (let i = 0; i < 3; i++) yield join(temporary, `zagi-${name()}`, name())
}

function reason(tools: string): string {
  const length = Buffer.byteLength(tools)
  if (length > maximumPrefix) return `the path has ${length} bytes, at most ${maximumPrefix} fit`
  return 'it has characters that paths inside programs cannot have'
}
