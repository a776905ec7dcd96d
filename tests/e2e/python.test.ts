// A Python environment made with the tool's own python, with a package installed from a file, works where it is cloned to.
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { machine } from '../helpers/machine.ts'
import { packagedBinary } from '../helpers/packaged-binary.ts'
import { runningServer } from '../helpers/running-server.ts'
import { writeFiles } from '../helpers/sample-project.ts'
import { suite } from '../helpers/suite.ts'
import { testCatalog } from '../helpers/test-catalog.ts'

const test = suite('end to end: Python', { seconds: 300 })
const program = [packagedBinary()]

/** A wheel, which is a zip of a package and its metadata, with one console script. */
function writeWheel(folder: string): string {
  const info = 'greeting-1.0.dist-info'
  writeFiles(join(folder, 'wheel'), {
    'greeting/__init__.py': 'def main():\n    print("hello from a wheel")\n',
    [`${info}/METADATA`]: 'Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n',
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/entry_points.txt`]: '[console_scripts]\ngreet = greeting:main\n',
    [`${info}/RECORD`]: `greeting/__init__.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/entry_points.txt,,\n${info}/RECORD,,\n`,
  })
  const wheel = join(folder, 'greeting-1.0-py3-none-any.whl')
  const words = ['-m', 'zipfile', '-c', wheel, 'greeting', info]
  execFileSync('python3', words, { cwd: join(folder, 'wheel') })
  return wheel
}

test('python -m venv with a package from a file: committed, cloned elsewhere, runs', async () => {
  const developer = machine({ program })
  const server = await runningServer({ program, admin: developer, arguments: ['--catalog', testCatalog()] })
  try {
    const env = { ZAGI_SERVER: server.url, ZAGI_TOKEN: server.token }
    developer.ok(['init', 'app'])
    const app = join(developer.home, 'app')
    const wheel = writeWheel(developer.home)
    writeFiles(app, { 'main.py': 'import sys, greeting\nprint(sys.prefix)\ngreeting.main()\n' })
    developer.ok(['add', 'python@3.11'], { cwd: app, env })
    developer.ok(['run', '--', 'python3', '-m', 'venv', '.venv'], { cwd: app })
    developer.ok(['run', '--', '.venv/bin/pip', 'install', '--no-index', '--quiet', wheel], { cwd: app })
    assert.match(developer.ok(['run', '--', '.venv/bin/greet'], { cwd: app }), /hello from a wheel/)
    developer.ok(['commit', '-m', 'python'], { cwd: app })
    developer.ok(['push', 'demo/python'], { cwd: app, env })

    // Another account, with a home of another length: tools lie in folders of other names.
    const other = machine({ program })
    const longer = { HOME: join(other.home, 'a'), ...env }
    writeFiles(other.home, { 'a/keep': '' })
    other.ok(['clone', 'demo/python', 'elsewhere'], { env: longer })
    const clone = join(other.home, 'elsewhere')
    // Nothing of the developer's account may be needed.
    developer.run('chmod', ['-R', 'u+w', developer.home])
    rmSync(developer.home, { recursive: true })
    assert.match(other.ok(['run', '--', '.venv/bin/greet'], { cwd: clone, env: longer }), /hello from a wheel/)
    const told = other.ok(['run', '--', '.venv/bin/python', 'main.py'], { cwd: clone, env: longer })
    assert.match(told, new RegExp(`^${clone}/.venv\nhello`))
    assert.match(
      other.ok(['run', '--', '.venv/bin/pip', '--version'], { cwd: clone, env: longer }),
      /elsewhere\/\.venv/,
    )
    assert.ok(existsSync(join(clone, '.venv/pyvenv.cfg')))
    assert.match(other.ok(['status', '--json'], { cwd: clone, env: longer }), /"files":\[\],"dependencies":\[\]/)
  } finally {
    await server.stop()
  }
})
