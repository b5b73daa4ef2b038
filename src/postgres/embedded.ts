import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { findBinaries, type Binaries } from './binaries.js'

const run = promisify(execFile)

export interface EmbeddedOptions {
  /** Directory that keeps the cluster and its password between starts; made when missing. */
  dataDir: string
  /** TCP port on 127.0.0.1; a free one when not given. */
  port?: number
  /** More settings for the server, such as `{ fsync: 'off' }`. */
  settings?: Record<string, string>
  /** Told what is being done, for what may take a second or more. */
  progress?: (message: string) => void
}

export interface EmbeddedPostgres {
  url: string
  port: number
  /** Stops the server as a fast shutdown: open transactions are rolled back. Does nothing when it is down already. */
  stop: () => Promise<void>
}

/**
 * Starts the PostgreSQL that npm brings, on a cluster in `dataDir` that the first start initialises.
 * The server is stopped by `stop`, and also when this process ends in any other way, a kill -9 included.
 * Throws an Error of one sentence when the directory cannot be used or the server does not start.
 */
export async function startEmbedded ({ dataDir, port, settings = {}, progress = () => {} }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries()
  const base = resolve(dataDir)
  const cluster = join(base, 'postgres')
  const password = await preparePassword(base)
  if (!await exists(join(cluster, 'PG_VERSION'))) {
    progress(`initialising PostgreSQL in ${base} (first start only)`)
    await initialise(binaries, base, cluster)
  }
  await refuseSecondInstance(cluster)
  progress('starting PostgreSQL')
  const actualPort = port ?? await freePort()
  const stop = await start(binaries, cluster, actualPort, settings)
  return { url: `postgres://postgres:${password}@127.0.0.1:${actualPort}/postgres`, port: actualPort, stop }
}

async function preparePassword (base: string): Promise<string> {
  const path = join(base, 'postgres.password')
  try {
    await mkdir(base, { recursive: true })
    await writeFile(path, randomBytes(24).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST' || !await exists(path)) throw new Error(`Cannot write to the data directory ${base} (${code}): set DATA_DIR to a directory that this user can write to`)
  }
  return await readFile(path, 'utf8').catch(({ code }) => {
    throw new Error(`The data directory ${base} belongs to another user (${code}): start as that user, or set DATA_DIR to another directory`)
  })
}

async function initialise ({ initdb }: Binaries, base: string, cluster: string): Promise<void> {
  const unfinished = `${cluster}.${process.pid}`
  try {
    await unprivileged(initdb, [
      '-D', unfinished, '--username=postgres', `--pwfile=${join(base, 'postgres.password')}`, '--auth=scram-sha-256',
      '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'
    ])
    await rename(unfinished, cluster)
  } catch (error) {
    throw new Error(`Cannot initialise PostgreSQL in ${base}: ${reasonOf(error)}`)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function refuseSecondInstance (cluster: string): Promise<void> {
  const path = join(cluster, 'postmaster.pid')
  const [pid] = (await readFile(path, 'utf8').catch(() => '')).split('\n')
  if (!pid) return
  if (await isPostgres(Number(pid))) {
    throw new Error(`The data directory ${resolve(cluster, '..')} is in use by another instance (its PostgreSQL has process id ${pid}): stop that one, or set DATA_DIR to another directory`)
  }
  await rm(path)
}

/** Starts the server, and returns how to stop it. */
async function start ({ pgCtl }: Binaries, cluster: string, port: number, settings: Record<string, string>): Promise<() => Promise<void>> {
  const log = join(cluster, 'server.log')
  const all = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const flags = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`).join(' ')
  const keeper = keep(
    asNobody(pgCtl, ['start', '-w', '-t', '60', '-D', cluster, '-l', log, '-o', flags]),
    asNobody(pgCtl, ['stop', '-w', '-m', 'fast', '-D', cluster])
  )
  const failure = await keeper.started
  if (failure === undefined) return keeper.stop
  await keeper.stop()
  const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n')
  const fatal = lines.findLast(line => line.includes('FATAL:'))?.replace(/^.*FATAL: */, '')
  throw new Error(`PostgreSQL did not start on ${cluster}: ${fatal ?? failure} (its log is ${log})`)
}

// A shell starts the server, waits for its standard input to end, which it does when this process ends in whatever way,
// and stops the server. It is detached, for Ctrl-C goes to all of a terminal's processes at once.
function keep (start: [string, string[]], stop: [string, string[]]) {
  const script = `trap '' PIPE; ${shellLine(start)}; echo "status $?"; read -r _; exec ${shellLine(stop)}`
  const shell = spawn('sh', ['-c', script], { detached: true, env: { LC_ALL: 'C' } })
  const exited = once(shell, 'exit')
  let output = ''
  const started = new Promise<string | undefined>(resolve => {
    const hear = (text: string) => {
      output += text
      const status = /^status (\d+)$/m.exec(output)?.[1]
      if (status !== undefined) resolve(status === '0' ? undefined : firstComplaint(output) ?? `pg_ctl ended with status ${status}`)
    }
    shell.stdout.setEncoding('utf8').on('data', hear)
    shell.stderr.setEncoding('utf8').on('data', hear)
    shell.on('error', ({ message }) => { resolve(message) })
  })
  return {
    started,
    stop: async () => {
      shell.stdin.end()
      await exited
    }
  }
}

function shellLine ([command, args]: [string, string[]]): string {
  return [command, ...args].map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
}

async function unprivileged (command: string, args: string[]): Promise<void> {
  await run(...asNobody(command, args), { env: { LC_ALL: 'C' } })
}

// PostgreSQL refuses to run as root. As nobody it could not reach a checkout below /root, hence the one capability,
// and the bit without which access(2) ignores it.
function asNobody (command: string, args: string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [command, args]
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--securebits=+no_setuid_fixup', '--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override']
  return ['setpriv', [...nobody, '--', command, ...args]]
}

function reasonOf (error: unknown): string {
  const { message, stderr = '' } = error as Error & { stderr?: string }
  return firstComplaint(stderr) ?? message
}

function firstComplaint (output: string): string | undefined {
  const lines = output.split('\n').filter(line => line.trim() !== '')
  return lines.find(line => /error|could not|cannot|fatal/i.test(line))
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

// A process id may have gone to another program since the file with it was left behind.
async function isPostgres (pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined)
  if (name !== undefined) return name.trim() === 'postgres'
  return process.platform !== 'linux' && isAlive(pid)
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function exists (path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false)
}
