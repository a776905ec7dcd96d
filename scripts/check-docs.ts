// Checks that the documentation is true where a program can tell: node scripts/check-docs.ts
import { homedir } from 'node:os'
import { errorCodes } from '../base/error-codes.ts'
import { docProblems } from './doc-problems.ts'
import { report, trackedFiles } from './tracked-files.ts'

const root = process.cwd()
report('Documentation', docProblems(trackedFiles(root), { errorCodes, machineFolders: [root, homedir()] }))
