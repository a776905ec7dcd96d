export { type Cloned, cloneProject } from './clone-project.ts'
export { type Committed, commitProject } from './commit-project.ts'
export { readEnvLock } from './env-part.ts'
export { initProject } from './init-project.ts'
export type { Lacking } from './lacking-parts.ts'
export type { DepsCounts, PartsChange } from './parts-change.ts'
export { findProject, openProject, openUserStore, type Project } from './project.ts'
export { type LogEntry, projectLog } from './project-log.ts'
export { type ProjectStatus, projectStatus } from './project-status.ts'
export { type Pulled, pullProject } from './pull-project.ts'
export { type Pushed, pushProject } from './push-project.ts'
export {
  formatRemoteAddress,
  listRemotes,
  parseRemoteAddress,
  type RemoteAddress,
  removeRemote,
  setRemote,
} from './remotes.ts'
export { type RestoredParts, restoreParts } from './restore-parts.ts'
export { projectEnvironment, type RunRequest, runInProject } from './run-in-project.ts'
export { defaultServer, serverAddress, setDefaultServer, setToken } from './settings.ts'
export { type RestoredSnapshot, restoreSnapshot, type TakenSnapshot, takeSnapshot } from './snapshot-folder.ts'
export type { FoundTool } from './tool-server.ts'
export { type AddedTool, type AddedTools, addTools, removeTools, searchTools } from './tools.ts'
export { trustThisProject, untrustThisProject } from './trust-project.ts'
export type { User } from './user.ts'
