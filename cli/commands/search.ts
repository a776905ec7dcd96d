import { command, word } from '../command.ts'

/** Versions that are shown; `--json` has all. */
const shownVersions = 6

export const search = command({
  name: 'search',
  about: ['Asks the server for tools whose name or description has the word in it, and shows their newest versions.'],
  arguments: { word: word('WORD', 'A part of a name') },
  examples: [['search node', 'Tools, versions, descriptions']],
  async run({ word: query }, { settings, terminal, operation }) {
    const { findProject, openProject, searchTools } = await import('../../project/index.ts')
    const inProject = findProject(settings.folder) !== undefined
    const project = inProject ? openProject(settings.user, settings.folder) : undefined
    const found = await searchTools(settings.user, { query, project, ...operation })
    for (const { name, versions, description } of found) {
      const more = versions.length > shownVersions ? ', …' : ''
      terminal.line(`${terminal.bold(name)}  ${versions.slice(0, shownVersions).join(', ')}${more}`)
      if (description) terminal.line(`    ${description}`)
      terminal.object({ name, versions, description })
    }
    if (found.length === 0) terminal.line(`Nothing found for "${query}"`)
  },
})
