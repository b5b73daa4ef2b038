import { open, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { databaseOptions, journalMigrations } from '../../app.js'
import { loadConfig, type Config } from '../../config/config.js'
import { readEnvironment } from '../../config/environment.js'
import { hasCluster } from '../../embedded/cluster.js'
import { startEmbedded, urlOfRunning } from '../../embedded/embedded.js'
import { backUp, readBackup, restore } from '../../journal/backup.js'
import { createClient, type Sql } from '../../postgres/client/client.js'
import { explainDatabase, explainUrl } from '../../process/startup-failure.js'
import { readArguments } from '../shared/arguments.js'
import { explainFile } from '../shared/explain-file.js'

const help = `npm run backup -- FILE     writes the journal's alerts into a new file; - is standard output
npm run restore -- FILE    stores those of such a file in a journal that is empty; - is standard input

DATABASE_URL says where the journal is; when it is not set, it is the embedded PostgreSQL's in DATA_DIR (.data),
whether the service runs or not. Any version of PostgreSQL can read what another has written.
`
const tell = (message: string) => { process.stderr.write(`${message}\n`) }
const number = (count: number) => count.toLocaleString('en')
const [command = '', ...args] = process.argv.slice(2)

try {
  const { values, positionals: [path, ...more] } = readArguments({
    args,
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true
  })
  const work = { backup: save, restore: load }[command]
  if (values.help === true || command === '--help') process.stdout.write(help)
  else if (work === undefined || path === undefined || more.length > 0) {
    process.stderr.write(help)
    process.exitCode = 1
  } else await work(path, loadConfig({ ...readEnvironment(), NODE_ENV: 'development' }))
} catch (error) {
  tell(`${command}: ${(error as Error).message}`)
  process.exitCode = 1
}

async function save (path: string, config: Config): Promise<void> {
  if (path === '-' && process.stdout.isTTY) throw new Error('Standard output is a terminal: redirect it or give a file')
  if (config.DATABASE_URL === '' && !await hasCluster(config.DATA_DIR)) {
    throw new Error(
      `There is no database in ${resolve(config.DATA_DIR)}: ` +
      'set DATA_DIR to the directory of the service, or DATABASE_URL to its PostgreSQL'
    )
  }
  await withJournal(config, async sql => {
    const file = path === '-' ? undefined : await open(path, 'wx').catch(explainFile(path))
    const count = await backUp(sql, file?.createWriteStream() ?? process.stdout).catch(async error => {
      if (file !== undefined) await rm(path, { force: true })
      throw error
    })
    tell(`Backed up ${number(count)} alerts`)
  })
}

// What is wrong with the file is known before a database is made for it.
async function load (path: string, config: Config): Promise<void> {
  const migrations = await journalMigrations()
  const from = await openFile(path)
  try {
    const backup = await readBackup(from, migrations).catch(explainFile(path))
    await withJournal(config, async sql => {
      const count = await restore(sql, backup, migrations)
      tell(`Restored ${number(count)} alerts`)
    })
  } finally {
    from.destroy()
  }
}

async function openFile (path: string): Promise<Readable> {
  return path === '-' ? process.stdin : (await open(path).catch(explainFile(path))).createReadStream()
}

async function withJournal (config: Config, work: (sql: Sql) => Promise<void>): Promise<void> {
  const running = config.DATABASE_URL || await urlOfRunning(config.DATA_DIR)
  const embedded = running === undefined ? await startEmbedded({ dataDir: config.DATA_DIR, progress: tell }) : undefined
  const DATABASE_URL = running ?? embedded?.url ?? ''
  const sql = clientOf({ ...config, DATABASE_URL })
  try {
    await sql`/* connect */ select 1`.catch(error => { throw new Error(explainDatabase(error, DATABASE_URL)) })
    await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
    await embedded?.stop()
  }
}

function clientOf (config: Config): Sql {
  try {
    return createClient({ ...databaseOptions(config), poolSize: 1, queryTimeoutMs: 0 })
  } catch (error) {
    throw new Error(explainUrl(error))
  }
}
