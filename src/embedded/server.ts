import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Binaries } from './binaries.js'
import { failureIn, firstComplaint, withAdvice } from './complaint.js'
import { asNobody } from './unprivileged.js'

/** A PostgreSQL server that this process has started. */
export interface Server {
  /** Resolves when all of the server's processes have ended. */
  ended: Promise<void>
  stop: () => Promise<void>
}

/** Returns the path of the log of a cluster's server. */
export function logOf (cluster: string): string {
  return join(cluster, 'server.log')
}

/** Starts the server of a cluster. Throws an Error with a sentence when it does not start. */
export async function startServer (
  { pgCtl }: Binaries,
  cluster: string,
  port: number,
  settings: Record<string, string>
): Promise<Server> {
  const log = logOf(cluster)
  const all = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const flags = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`).join(' ')
  const before = await stat(log).then(({ size }) => size, () => 0)
  const keeper = keep(
    asNobody(pgCtl, ['start', '-w', '-t', '60', '-D', cluster, '-l', log, '-o', flags]),
    asNobody(pgCtl, ['stop', '-w', '-m', 'fast', '-D', cluster])
  )
  const failure = await keeper.started
  if (failure === undefined) return keeper
  await keeper.stop()
  const fatal = failureIn(await readFile(log).then(text => text.subarray(before).toString(), () => ''))
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

/**
 * Has a shell start the server, wait until its standard input ends, as it does in whatever way this process ends, and
 * stop the server. The shell is detached, because Ctrl-C goes to all processes of a terminal. Of descriptor 3, only the
 * server's processes keep the other end, and so it ends with them.
 */
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
