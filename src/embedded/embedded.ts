import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { findBinaries } from './binaries.js'
import { clusterOf, hasCluster, initialise, preparePassword, readPassword } from './cluster.js'
import { keepRunning } from './restarts.js'
import { startServer, type Server } from './server.js'
import { portOf, refuseSecondInstance } from './postmaster.js'

export interface EmbeddedOptions {
  /** The directory that keeps the cluster and its password between starts; made when missing. */
  dataDir: string
  /** TCP port on 127.0.0.1; a free one when not given. */
  port?: number
  /** More settings for the server, such as `{ fsync: 'off' }`. */
  settings?: Record<string, string>
  /** Called with what is being done, where that may take a second or more. */
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
 * The server is stopped by `stop`, and also when this process ends in any other way, by kill -9, too.
 * Throws an Error with a sentence when the directory cannot be used or the server does not start.
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
  const cluster = clusterOf(base)
  const password = await preparePassword(base)
  if (!await hasCluster(base)) {
    progress(`initialising PostgreSQL in ${base} (first start only)`)
    await initialise(binaries, base)
  }
  await refuseSecondInstance(cluster)
  progress('starting PostgreSQL')
  const beginOn = async (port: number) => await startServer(binaries, cluster, port, settings)
  const { port: actualPort, server } = port === undefined
    ? await onFreePort(beginOn)
    : { port, server: await beginOn(port) }
  const stop = restart ? keepRunning(cluster, server, async () => await beginOn(actualPort), progress) : server.stop
  return { url: urlOf(password, actualPort), port: actualPort, stop }
}

/** Returns the URL of the server that runs on a data directory, whoever has started it; undefined when none runs. */
export async function urlOfRunning (dataDir: string): Promise<string | undefined> {
  const base = resolve(dataDir)
  const port = await portOf(clusterOf(base))
  return port === undefined ? undefined : urlOf(await readPassword(base), port)
}

function urlOf (password: string, port: number): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
}

/** Starts a server on a free port. Tries another one when some program takes that port before the server does. */
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

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
