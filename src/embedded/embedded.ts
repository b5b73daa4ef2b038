import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { access, mkdir, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinaries, type Binaries } from './binaries.js'
import { complaintOf, firstComplaint, lastFatal, makeRoom, withAdvice } from './complaint.js'
import { asNobody, unprivileged } from './unprivileged.js'

export interface EmbeddedOptions {
  /** Directory that keeps the cluster and its password between starts; made when missing. */
  dataDir: string
  /** TCP port on 127.0.0.1; a free one when not given. */
  port?: number
  /** More settings for the server, such as `{ fsync: 'off' }`. */
  settings?: Record<string, string>
  /** Called with what is being done, when it may take a second or more. */
  progress?: (message: string) => void
  /**
   * Whether the server is started again on the same port when it ends by itself, after a pause that grows each time
   * until it stays up.
   */
  restart?: boolean
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
export async function startEmbedded ({
  dataDir,
  port,
  settings = {},
  progress = () => {},
  restart = false
}: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries()
  const base = resolve(dataDir)
  const cluster = join(base, 'postgres')
  const password = await preparePassword(base)
  if (!await hasCluster(base)) {
    progress(`initialising PostgreSQL in ${base} (first start only)`)
    await initialise(binaries, base, cluster)
  }
  await refuseSecondInstance(cluster)
  progress('starting PostgreSQL')
  const beginOn = async (port: number) => await start(binaries, cluster, port, settings)
  const { port: actualPort, server } = port === undefined
    ? await onFreePort(beginOn)
    : { port, server: await beginOn(port) }
  const stop = restart ? watch(cluster, server, async () => await beginOn(actualPort), progress) : server.stop
  return { url: urlOf(password, actualPort), port: actualPort, stop }
}

/** Starts a server on a port that is free. Where another program takes it before the server does, another is tried. */
async function onFreePort (
  begin: (port: number) => Promise<Server>,
  attempts = 5
): Promise<{ port: number, server: Server }> {
  const port = await freePort()
  try {
    return { port, server: await begin(port) }
  } catch (error) {
    if (attempts === 1 || !(error as Error).message.includes('could not create any TCP/IP sockets')) throw error
    return await onFreePort(begin, attempts - 1)
  }
}

interface Server {
  /** Resolves when all of the server's processes have ended. */
  ended: Promise<void>
  stop: () => Promise<void>
}

/**
 * Milliseconds: between two checks of a server that somebody else has started; before the first restart; at most
 * between two restarts; and after which a server is taken to stay up.
 */
const look = 2000
/**
 * How many checks look at the process id alone, before one makes sure that it is still the server's: on Linux the start
 * time of the process tells that each time.
 */
const looksByPid = process.platform === 'linux' ? Infinity : 5
const pauses = { firstMs: 500, mostMs: 30_000, stayedMs: 60_000 }

/** Starts the server again whenever it ends. Returns a function that stops it for good. */
function watch (
  cluster: string,
  first: Server,
  begin: () => Promise<Server>,
  progress: (message: string) => void
): () => Promise<void> {
  const stopped = new AbortController()
  const aborted = once(stopped.signal, 'abort').then(() => { stopped.signal.throwIfAborted() })
  const wait = async (milliseconds: number) => {
    await sleep(milliseconds, undefined, { signal: stopped.signal, ref: false })
  }
  let server = first

  async function follow () {
    for (let pause = pauses.firstMs, began = performance.now(); ; began = performance.now()) {
      await Promise.race([server.ended, aborted])
      // A server that somebody else has started is not our child, so its end has to be looked for.
      for (let pid = await pidOf(cluster); pid !== undefined; pid = await pidOf(cluster)) {
        const lives = lifeOf(pid)
        for (let looks = 0; looks < looksByPid && lives(); looks++) await wait(look)
      }
      if (performance.now() - began > pauses.stayedMs) pause = pauses.firstMs
      progress(
        `PostgreSQL has ended by itself: starting it again in ${pause / 1000} s ` +
        `(its log is ${join(cluster, 'server.log')})`
      )
      await wait(pause)
      pause = Math.min(pause * 2, pauses.mostMs)
      await server.stop()
      server = await refuseSecondInstance(cluster).then(begin).catch((error: Error) => {
        progress(error.message)
        return { ended: Promise.resolve(), stop: async () => {} }
      })
    }
  }

  const following = follow().catch(() => {})
  return async () => {
    stopped.abort()
    await following
    await server.stop()
  }
}

/** Whether a data directory has a cluster, which some start has initialised. */
export async function hasCluster (dataDir: string): Promise<boolean> {
  return await exists(join(dataDir, 'postgres', 'PG_VERSION'))
}

/** Returns the URL of the server that runs on a data directory, whoever has started it; undefined when none does. */
export async function urlOfRunning (dataDir: string): Promise<string | undefined> {
  const [base, cluster] = [resolve(dataDir), join(resolve(dataDir), 'postgres')]
  const [pid, , , port] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  if (!pid || !port || !await isServerOf(cluster, Number(pid))) return undefined
  return urlOf((await readFile(join(base, 'postgres.password'), 'utf8')), Number(port))
}

function urlOf (password: string, port: number): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
}

/** Returns the process id of the cluster's server; undefined when none runs. */
async function pidOf (cluster: string): Promise<number | undefined> {
  const [text] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(text)
  return text && await isServerOf(cluster, pid) ? pid : undefined
}

async function preparePassword (base: string): Promise<string> {
  const path = join(base, 'postgres.password')
  try {
    await makeDirectory(base)
    await writeFile(path, randomBytes(24).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST' || !await exists(path)) {
      const advice = code === 'ENOSPC' ? makeRoom : 'set DATA_DIR to a directory that this user can write to'
      throw new Error(`Cannot write to the data directory ${base} (${code}): ${advice}`)
    }
  }
  return await readFile(path, 'utf8').catch(({ code }) => {
    throw new Error(
      `The data directory ${base} belongs to another user (${code}): ` +
      'start as that user, or set DATA_DIR to another directory'
    )
  })
}

/**
 * Makes a directory, and those above it. Not as `recursive`, by which Node.js tries for ever, at full speed, where a
 * directory is there and yet says ENOENT of what is made in it, as /proc does.
 */
async function makeDirectory (path: string): Promise<void> {
  if (await exists(path)) return
  await makeDirectory(dirname(path))
  await mkdir(path).catch((error: NodeJS.ErrnoException) => { if (error.code !== 'EEXIST') throw error })
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
    throw new Error(`Cannot initialise PostgreSQL in ${base}: ${complaintOf(error)}`)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function refuseSecondInstance (cluster: string): Promise<void> {
  const path = join(cluster, 'postmaster.pid')
  const [pid] = (await readFile(path, 'utf8').catch(() => '')).split('\n')
  if (!pid) return
  if (await isServerOf(cluster, Number(pid))) {
    throw new Error(
      `The data directory ${resolve(cluster, '..')} is in use by another instance ` +
      `(its PostgreSQL has process id ${pid}): stop that one, or set DATA_DIR to another directory`
    )
  }
  await rm(path)
}

/** Starts the server. */
async function start (
  { pgCtl }: Binaries,
  cluster: string,
  port: number,
  settings: Record<string, string>
): Promise<Server> {
  const log = join(cluster, 'server.log')
  const all = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const flags = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`).join(' ')
  const keeper = keep(
    asNobody(pgCtl, ['start', '-w', '-t', '60', '-D', cluster, '-l', log, '-o', flags]),
    asNobody(pgCtl, ['stop', '-w', '-m', 'fast', '-D', cluster])
  )
  const failure = await keeper.started
  if (failure === undefined) return keeper
  await keeper.stop()
  const fatal = lastFatal(await readFile(log, 'utf8').catch(() => ''))
  if (fatal?.startsWith('database files are incompatible') === true) {
    const made = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => 'another version')
    throw new Error(
      `PostgreSQL ${made.trim()} made ${cluster}, and another major version is installed now: ` +
      'npm run backup with the version of this service from before, ' +
      'and npm run restore with this one and another DATA_DIR'
    )
  }
  throw new Error(`PostgreSQL did not start on ${cluster}: ${withAdvice(fatal ?? failure)} (its log is ${log})`)
}

// A shell starts the server, waits for its standard input to end, which it does when this process ends in whatever way,
// and stops the server. It is detached, for Ctrl-C goes to all of a terminal's processes at once. Only the server's
// processes keep the other end of descriptor 3, which so tells when they have ended.
function keep (start: [string, string[]], stop: [string, string[]]) {
  const script = `trap '' PIPE; ${shellLine(start)}; status=$?; exec 3>&-; echo "status $status"; ` +
    `read -r _; exec ${shellLine(stop)}`
  const shell = spawn('sh', ['-c', script], { detached: true, env: { LC_ALL: 'C' }, stdio: Array(4).fill('pipe') })
  const held = (shell.stdio[3] as Socket).resume().unref()
  const ended = new Promise<void>(resolve => { held.once('close', () => { resolve() }) })
  const exited = once(shell, 'exit')
  let output = ''
  const started = new Promise<string | undefined>(resolve => {
    const hear = (text: string) => {
      output += text
      const status = /^status (\d+)$/m.exec(output)?.[1]
      if (status !== undefined) {
        resolve(status === '0' ? undefined : firstComplaint(output) ?? `pg_ctl ended with status ${status}`)
      }
    }
    shell.stdout.setEncoding('utf8').on('data', hear)
    shell.stderr.setEncoding('utf8').on('data', hear)
    shell.on('error', ({ message }) => { resolve(message) })
  })
  return {
    started,
    ended,
    stop: async () => {
      shell.stdin.end()
      await exited
    }
  }
}

function shellLine ([command, args]: [string, string[]]): string {
  return [command, ...args].map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

// Whether a process is the server of this cluster. The id in the file may be of another program by now, or of another
// cluster's server. Each server's working directory is its cluster. A process whose directory cannot be read is another
// user's, and so is its cluster.
async function isServerOf (cluster: string, pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return isAlive(pid)
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
  const [, state] = /^State:\s+(\w)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')) ?? []
  return name.trim() === 'postgres' &&
    state !== 'Z' &&
    await readlink(`/proc/${pid}/cwd`).catch(() => '') === await realpath(cluster)
}

/** Returns a function that tells whether the process that has this id now is still running. */
function lifeOf (pid: number): () => boolean {
  const start = startOf(pid)
  return () => start !== undefined && startOf(pid) === start
}

/**
 * Returns when a process began, in clock ticks, which tells it from a later one with the same id; undefined when it has
 * ended, and always 0 where the system does not tell. It is one small synchronous read, for it is done again and again:
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function startOf (pid: number): number | undefined {
  if (process.platform !== 'linux') return isAlive(pid) ? 0 : undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return /[ZX]/.test(fields[0] ?? '') ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
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
