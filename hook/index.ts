export { type HookOptions, type HookShell, hookScript } from './hook-script.ts'
