import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { LoadRequest } from './mix.js'

export interface Load {
  url: URL
  requests: LoadRequest[]
  seconds: number
  connections: number
  pipelining: number
  /** Requests per second in all; 0 is as fast as it answers. */
  rate: number
  /** Ends the load early, and in order. */
  signal: AbortSignal
  /** Called each second with the number of answers in it. */
  onSecond: (answers: number) => void
}

export interface Driven {
  /** How many requests each connection has sent. */
  sent: number[]
  errors: number
  timeouts: number
  /** Autocannon's tables. */
  table: string
}

interface Client extends EventEmitter {
  _doRequest: () => void
}

interface Options {
  url: string
  requests: LoadRequest[]
  duration: number
  connections: number
  pipelining: number
  overallRate?: number
  setupClient: (client: Client) => void
}

interface Result {
  errors: number
  timeouts: number
}

interface Instance extends EventEmitter, PromiseLike<Result> {
  stop: () => void
}

// autocannon has no types.
const autocannon = createRequire(import.meta.url)('autocannon') as ((options: Options) => Instance) & {
  printResult: (result: Result, options: { outputStream: NodeJS.WritableStream, renderStatusCodes: boolean }) => string
}

const drainSeconds = 15

/**
 * Sends requests with autocannon for some seconds. At its end autocannon would close connections with requests under
 * way, which the service may or may not have seen; here each connection waits for its last answers first, so that both
 * sides count the same.
 */
export async function drive ({
  url,
  requests,
  seconds,
  connections,
  pipelining,
  rate,
  signal,
  onSecond
}: Load): Promise<Driven> {
  const clients: Array<{ sent: number, answered: number }> = []
  let draining = false

  function setupClient (client: Client): void {
    const counts = { sent: 0, answered: 0 }
    clients.push(counts)
    const next = client._doRequest
    client._doRequest = () => { if (!draining) next.call(client) }
    client.on('request', () => { counts.sent++ })
    client.on('response', () => {
      counts.answered++
      if (draining) stopWhenDrained()
    })
  }

  function drain (): void {
    draining = true
    setTimeout(instance.stop, drainSeconds * 1000).unref()
    stopWhenDrained()
  }

  function stopWhenDrained (): void {
    if (clients.every(({ sent, answered }) => sent === answered)) instance.stop()
  }

  const instance = autocannon({
    url: url.href,
    requests,
    connections,
    pipelining,
    setupClient,
    ...rate > 0 && { overallRate: rate },
    duration: seconds + 2 * drainSeconds
  })
  instance.on('tick', ({ counter }: { counter: number }) => onSecond(counter))
  // autocannon ends at a whole second; draining begins a moment earlier, and so fits into the last one.
  const timer = setTimeout(drain, seconds * 1000 - 50)
  signal.addEventListener('abort', drain, { once: true })
  const result = await instance
  clearTimeout(timer)
  signal.removeEventListener('abort', drain)
  return {
    sent: clients.map(({ sent }) => sent),
    errors: result.errors,
    timeouts: result.timeouts,
    table: autocannon.printResult(result, { outputStream: process.stdout, renderStatusCodes: true })
  }
}
