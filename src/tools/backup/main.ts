import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { databaseOptions, journalMigrations } from '../../app.js'
import { loadConfig, type Config } from '../../config/config.js'
import { startEmbedded, urlOfRunning } from '../../embedded/embedded.js'
import { backUp, restore } from '../../journal/backup.js'
import { createClient, type Sql } from '../../postgres/client.js'
import { explainDatabase } from '../../process/startup-failure.js'
import { readEnvironment } from '../../config/environment.js'

const help = `npm run backup -- FILE     writes the journal's alerts into a new file; - is standard output
npm run restore -- FILE    stores those of such a file in a journal that is empty; - is standard input

DATABASE_URL says where the journal is; when it is not set, it is the embedded PostgreSQL's in DATA_DIR (.data),
whether the service runs or not. Any version of PostgreSQL can read what another has written.
`
const tell = (message: string) => { process.stderr.write(`${message}\n`) }
const number = (count: number) => count.toLocaleString('en')

try {
  const [command, path, ...more] = process.argv.slice(2)
  const work = { backup: save, restore: load }[command ?? '']
  if (work === undefined || path === undefined || more.length > 0 || path === '--help') {
    process.stdout.write(help)
    process.exitCode = path === '--help' || command === '--help' ? 0 : 1
  } else await work(path, loadConfig({ ...readEnvironment(), NODE_ENV: 'development' }))
} catch (error) {
  tell(`${process.argv[2]}: ${(error as Error).message}`)
  process.exitCode = 1
}

async function save (path: string, config: Config): Promise<void> {
  await withJournal(config, async sql => {
    const file = path === '-'
      ? undefined
      : await open(path, 'wx').catch(error => {
        throw error.code === 'EEXIST'
          ? new Error(`${path} exists: give another name`)
          : error
      })
    const count = await backUp(sql, file?.createWriteStream() ?? process.stdout).catch(async error => {
      if (file !== undefined) await rm(path, { force: true })
      throw error
    })
    tell(`Backed up ${number(count)} alerts`)
  })
}

async function load (path: string, config: Config): Promise<void> {
  await withJournal(config, async sql => {
    const count = await restore(sql, path === '-' ? process.stdin : createReadStream(path), await journalMigrations())
    tell(`Restored ${number(count)} alerts`)
  })
}

async function withJournal (config: Config, work: (sql: Sql) => Promise<void>): Promise<void> {
  const running = config.DATABASE_URL || await urlOfRunning(config.DATA_DIR)
  const embedded = running === undefined ? await startEmbedded({ dataDir: config.DATA_DIR, progress: tell }) : undefined
  const DATABASE_URL = running ?? embedded?.url ?? ''
  const sql = createClient({ ...databaseOptions({ ...config, DATABASE_URL }), poolSize: 1, queryTimeoutMs: 0 })
  try {
    await sql`/* connect */ select 1`.catch(error => { throw new Error(explainDatabase(error, DATABASE_URL)) })
    await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
    await embedded?.stop()
  }
}
