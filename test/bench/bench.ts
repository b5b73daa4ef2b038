import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded, type EmbeddedPostgres } from '../../src/embedded/embedded.js'
import type { Plan } from './alternate.js'
import { hasCallgrind } from './callgrind.js'
import { shareCores } from './cores.js'
import type { Counted, Options } from './options.js'
import { start, type Program } from './program.js'
import { Progress } from './progress.js'

/** What the rows of the benchmark share. */
export interface Bench {
  progress: Progress
  plan: Plan & {
    /** Times that a program is started afresh to count its instructions. */
    counts: number
  }
  /** Whether it is only to be seen that it works. */
  quick: boolean
  /** Major versions of Node.js that the rows are measured on which are measured on several. */
  nodes: number[]
  /** Command that runs a program on the core kept for what is measured. */
  apart: string[]
  /** For files, and gone when this process ends. */
  directory: string
  /** The only measure to take of what has both. */
  only?: Counted
  /** Whether instructions can be counted here. */
  callgrind: boolean
  load: Program
  /** A PostgreSQL of the benchmark's own, started when first asked for. */
  database: () => Promise<string>
  stop: () => Promise<void>
}

/** Prepares a run; a quick one is for seeing that it works. */
export async function prepare ({ quick, nodes, only }: Pick<Options, 'quick' | 'nodes' | 'only'>): Promise<Bench> {
  const apart = await shareCores()
  const load = await start({ file: 'load' })
  const directory = mkdtempSync(join(tmpdir(), 'vitals-bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  let database: Promise<EmbeddedPostgres> | undefined
  return {
    quick,
    nodes,
    ...only && { only },
    apart,
    load,
    directory,
    progress: new Progress(),
    plan: quick ? { starts: 1, rounds: 6, counts: 1 } : { starts: 2, rounds: 12, counts: 4 },
    callgrind: await hasCallgrind(),
    async database () {
      database ??= startEmbedded({ dataDir: directory, settings: { fsync: 'off' } })
      return (await database).url
    },
    async stop () {
      await load.stop()
      await (await database)?.stop()
    }
  }
}
