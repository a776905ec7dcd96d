import { trustProject, untrustProject } from '../envs/index.ts'
import { type Project, registerProject } from './project.ts'

/** Lets the hook and `zagi run` activate this project for this user. */
export function trustThisProject(project: Project): void {
  trustProject(project.user.home, project.folder)
  registerProject(project.user, project.folder)
}

export function untrustThisProject(project: Project): void {
  untrustProject(project.user.home, project.folder)
}
