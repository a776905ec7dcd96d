import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './fixtures.ts'

export interface Wheel {
  name: string
  version: string
  files: Record<string, string>
  /** Lines of `[console_scripts]`. */
  scripts?: string[]
}

// Python's own zipfile and hashes make the archive, so that nothing has to come from a registry.
const maker = `
import base64, hashlib, json, sys, zipfile
wheel, target = json.load(sys.stdin), sys.argv[1]
info = f"{wheel['name']}-{wheel['version']}.dist-info"
files = dict(wheel['files'])
files[f'{info}/METADATA'] = f"Metadata-Version: 2.1\\nName: {wheel['name']}\\nVersion: {wheel['version']}\\n"
files[f'{info}/WHEEL'] = 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'
if wheel.get('scripts'):
    files[f'{info}/entry_points.txt'] = '[console_scripts]\\n' + '\\n'.join(wheel['scripts']) + '\\n'
def line(path, text):
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()
    return f'"{path}",sha256={digest},{len(text.encode())}\\n' if ',' in path else f'{path},sha256={digest},{len(text.encode())}\\n'
record = ''.join(line(*entry) for entry in files.items()) + f'{info}/RECORD,,\\n'
with zipfile.ZipFile(target, 'w') as archive:
    for path, text in files.items():
        entry = zipfile.ZipInfo(path)
        entry.external_attr = (0o100755 if '.data/scripts/' in path else 0o100644) << 16
        archive.writestr(entry, text)
    archive.writestr(f'{info}/RECORD', record)
`

/** Builds a wheel by hand and returns its path. */
export function buildWheel(folder: string, wheel: Wheel): string {
  const target = join(folder, `${wheel.name}-${wheel.version}-py3-none-any.whl`)
  const input = join(folder, `${wheel.name}.json`)
  writeFileSync(input, JSON.stringify(wheel))
  run('sh', ['-c', 'python3 -c "$0" "$1" < "$2"', maker, target, input], { cwd: folder })
  return target
}
