// Checks who imports whom, see scripts/import-rules.ts: node scripts/check-imports.ts
import { importProblems } from './import-problems.ts'
import { report, trackedFiles } from './tracked-files.ts'

report('Imports', importProblems(trackedFiles(process.cwd())))
