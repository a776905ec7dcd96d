export type { CacheOptions } from './binary-cache.ts'
export {
  createToolService,
  type FoundTool,
  type RealisedTool,
  type ResolvedTool,
  type ToolService,
  type ToolServiceOptions,
} from './tool-service.ts'
