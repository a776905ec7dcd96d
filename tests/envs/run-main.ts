import { runCommand } from '../../envs/index.ts'

const [terminal, command, ...args] = process.argv.slice(2)
const env = { PATH: process.env['PATH'] ?? '' }
process.exitCode = await runCommand(command!, args, { env, cwd: process.cwd(), terminal: terminal === 'true' })
