import { command } from '../command.ts'
import { grouped, size } from '../human-words.ts'

const info = command({
  name: 'store info',
  about: ['Shows where the store of this machine is and what it holds. All your projects share it.'],
  arguments: {},
  examples: [['store info', 'Packs, chunks and sizes']],
  async run(_values, { settings, terminal }) {
    const { openUserStore } = await import('../../project/index.ts')
    const store = openUserStore(settings.user)
    const stats = store.stats()
    terminal.line(`Folder: ${store.folder}`)
    terminal.line(`Packs: ${grouped(stats.packs)}`)
    terminal.line(`Chunks: ${grouped(stats.chunks)}`)
    terminal.line(`Content: ${size(stats.rawBytes)}`)
    terminal.line(`On disk: ${size(stats.storedBytes)}`)
    terminal.object({ folder: store.folder, ...stats })
    store.close()
  },
})

export const storeCommands = [info]
