import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { start, type Program, type Start } from './program.js'

const run = promisify(execFile)

export interface Counted extends Program {
  /** User-space instructions that the program executes while something is done. */
  count: (work: () => Promise<void>) => Promise<number>
  /** Counts no more, so that what follows is quick. */
  endCounting: () => Promise<void>
}

/** Tells whether valgrind is installed. */
export async function hasCallgrind (): Promise<boolean> {
  return await run('callgrind_control', ['--version']).then(() => true, () => false)
}

// What V8's threads compile and collect would count when it happens to happen; and what it collects or forgets by the
// clock would count more, the slower the machine is. The young generation has its full size from the start: while it
// grows, one collection more or less in what is counted is half a percent of it. Of that size V8 would take the first
// collection, of what a start makes, for a sign that what requests make lives long, too, and keep it by the megabyte.
const steady = [
  '--single-threaded',
  '--no-memory-reducer',
  '--no-flush-bytecode',
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--no-allocation-site-pretenuring',
  '--initial-heap-size=512'
]

/**
 * Starts a program under valgrind's callgrind, which writes below a directory. Nothing is counted until `count` is
 * called, so warming up is quick.
 */
export async function startCounted ({ flags = [], under = [], ...rest }: Start, parent: string): Promise<Counted> {
  const directory = await mkdtemp(join(parent, 'callgrind-'))
  const remove = async () => { await rm(directory, { recursive: true, force: true }) }
  const program = await start({
    ...rest,
    flags: [...steady, '--import', fileURLToPath(new URL('slow-clock.js', import.meta.url)), ...flags],
    under: [
      ...under,
      'valgrind',
      '--tool=callgrind',
      '--instr-atstart=no',
      '--smc-check=all-non-file',
      `--callgrind-out-file=${join(directory, 'out')}`
    ]
  }).catch(async error => {
    await remove()
    throw error
  })
  const control = async (...options: string[]) => { await run('callgrind_control', [...options, String(program.pid)]) }
  let dumps = 0

  return {
    ...program,
    async count (work) {
      if (dumps === 0) await control('-i', 'on')
      await control('-z')
      await work()
      await control('-d')
      return await instructionsIn(directory, ++dumps)
    },
    endCounting: async () => { await control('-i', 'off') },
    async stop () {
      await program.stop()
      await remove()
    }
  }
}

async function instructionsIn (directory: string, dump: number): Promise<number> {
  const file = (await readdir(directory)).find(name => name.endsWith(`.${dump}`))
  const total = /^(?:summary|totals): (\d+)/m.exec(
    file === undefined ? '' : await readFile(join(directory, file), 'utf8')
  )
  if (total === null) throw new Error('callgrind wrote no count')
  return Number(total[1])
}
