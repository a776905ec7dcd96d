export { type Activation, activation, applyActivation, type Variables } from './activation.ts'
export { activationForGitHub, activationScript } from './activation-text.ts'
export { activationNames } from './activation-variables.ts'
export { blankLink, blankReferences } from './blank-references.ts'
export type { LinkedTool, ProgramConflict } from './choose-programs.ts'
export { type Closure, type ClosurePath, closureRoots, decodeClosure, encodeClosure } from './closure.ts'
export { type EnvLock, formatEnvLock, parseEnvLock, type ToolLock, type ToolSystem } from './env-lock.ts'
export { type FoundInFile, findInFile } from './find-in-file.ts'
export { findLinkReferences } from './find-references.ts'
export { installedTools } from './installed-tools.ts'
export { linkEnvironment } from './link-environment.ts'
export { type MaterialisedTool, materialise } from './materialise.ts'
export { indexNames, type NameIndex } from './name-index.ts'
export {
  decodeReferenceTables,
  encodeReferenceTables,
  type FileReferences,
  type LinkReference,
  type Marker,
  type ReferenceTables,
  type SplitReference,
  type WholeReference,
} from './reference-tables.ts'
export { findCommand, type RunOptions, runCommand } from './run-command.ts'
export { isStoreName } from './store-name.ts'
export { isToolName } from './tool-name.ts'
export type { ToolsPlace } from './tools-prefix.ts'
export { isTrusted, trustProject, untrustProject } from './trust.ts'
