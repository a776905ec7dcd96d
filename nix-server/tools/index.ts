export {
  type CacheOptions,
  createToolService,
  type FoundTool,
  type RealisedTool,
  type ResolvedTool,
  type ToolService,
  type ToolServiceOptions,
} from './tool-service.ts'
