import { appendFileSync } from 'node:fs'
import { explaining, ZagiError } from '../../base/index.ts'
import { command, flag } from '../command.ts'
import type { Settings } from '../settings.ts'

export const env = command({
  name: 'env',
  about: [
    'Shows what makes the environment of this project active: the folders that go before PATH, and the variables. Does nothing but show it, except with --github.',
  ],
  arguments: {
    sh: flag('--sh', 'Lines for a POSIX shell to evaluate'),
    github: flag('--github', 'For GitHub Actions: makes the environment active for all later steps of the job'),
  },
  examples: [
    ['env', 'For people'],
    ['env --json', 'For programs: {"project", "path", "set"}'],
    ['env --sh', 'In a script: eval "$(zagi env --sh)"'],
    ['env --github', 'A step of a workflow'],
  ],
  async run({ sh, github, json }, { settings, terminal, operation }) {
    if ([sh, github, json].filter(Boolean).length > 1) {
      throw new ZagiError('USAGE', '"--json", "--sh" and "--github" exclude each other', { hint: 'Choose one of them' })
    }
    const files = github ? workflowFiles(settings) : undefined
    const { openProject, projectEnvironment } = await import('../../project/index.ts')
    const active = await projectEnvironment(openProject(settings.user, settings.folder), operation)
    if (active === undefined) {
      terminal.line(sh ? '' : 'This project has no tools yet; add one with: zagi add node@22')
      terminal.object({ project: null, path: [], set: {} })
      return
    }
    const { activationForGitHub, activationScript } = await import('../../envs/index.ts')
    if (sh) terminal.raw(activationScript(active))
    else if (files !== undefined) {
      const { path, env } = activationForGitHub(active)
      explaining('write', files.path, () => appendFileSync(files.path, path))
      explaining('write', files.env, () => appendFileSync(files.env, env))
      terminal.line(`The environment of ${active.project} is active in later steps`)
    } else {
      terminal.line(`Project: ${active.project}`)
      for (const folder of active.path) terminal.line(`PATH: ${folder}`)
      for (const [name, value] of Object.entries(active.set)) terminal.line(`${name}=${value}`)
      terminal.object(active)
    }
  },
})

function workflowFiles({ environment }: Settings): { path: string; env: string } {
  const { GITHUB_PATH: path, GITHUB_ENV: env } = environment
  if (path && env) return { path, env }
  throw new ZagiError('USAGE', 'GITHUB_PATH and GITHUB_ENV are not set: this is no step of a GitHub workflow', {
    hint: 'Elsewhere use: eval "$(zagi env --sh)"',
  })
}
