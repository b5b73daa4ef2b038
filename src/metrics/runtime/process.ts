import { readdirSync, readFileSync } from 'node:fs'
import type { Catalogue } from '../catalogue.js'
import type { ValueCell } from '../cell.js'
import { onlyCell, type CatalogueView } from '../catalogue-view.js'

const status = {
  VmRSS: 'process.memory.resident',
  VmSize: 'process.memory.virtual',
  VmData: 'process.memory.data'
} as const

/** Declares what is told of the whole process, which any of its threads can read. */
export function declareProcess (catalogue: Catalogue): void {
  for (const name of ['process.cpu.user', 'process.cpu.system', 'process.memory.resident']) catalogue.value(name).cell()
  catalogue.value('process.start').cell().set(Math.round(Date.now() / 1000 - process.uptime()))
  if (process.platform !== 'linux') return
  for (const name of ['process.memory.virtual', 'process.memory.data', 'process.fds.open']) catalogue.value(name).cell()
  const most = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  if (most !== undefined) catalogue.value('process.fds.max').cell().set(Number(most))
}

/** Reads it anew into a catalogue's cells. What the system does not tell stays as it was. */
export function readProcess (view: CatalogueView): void {
  const { user, system } = process.cpuUsage()
  const set = (name: string, value: number) => { onlyCell<ValueCell>(view, name)?.set(value) }
  set('process.cpu.user', user / 1e6)
  set('process.cpu.system', system / 1e6)
  if (process.platform !== 'linux') {
    set('process.memory.resident', process.memoryUsage.rss())
    return
  }
  try {
    const text = readFileSync('/proc/self/status', 'latin1')
    for (const [, field, kibibytes] of text.matchAll(/^(VmRSS|VmSize|VmData):\s+(\d+) kB$/gm)) {
      set(status[field as keyof typeof status], Number(kibibytes) * 1024)
    }
    // One is the directory that is being read.
    set('process.fds.open', readdirSync('/proc/self/fd').length - 1)
  } catch {
    // A process without a free file descriptor has other numbers to tell.
  }
}
