import { setTimeout as sleep } from 'node:timers/promises'
import { ask, Unreachable } from '../shared/ask.js'
import { readExposition, valuesOf } from '../shared/exposition.js'
import { endedRequests, type Ended } from '../shared/requests.js'
import type { LoadRequest } from './mix.js'

export interface Counts {
  ended: Ended[]
  /** When the process started, in seconds since 1970; a process that has started since counts from 0. */
  started: number
}

/** Asks each request once. Throws an Error that says what to do when the service is not there or wants a token. */
export async function tryOut (url: URL, requests: LoadRequest[]): Promise<void> {
  for (const { method, path, headers = {}, body } of new Set(requests)) {
    const { status } = await reach(ask(
      url,
      path,
      { method, headers, ...body !== undefined && { body: JSON.parse(body) } }
    ))
    if (status === 401) {
      throw new Error(
        `${method} ${path} asks for a token: set JOURNAL_TOKEN to that of the service, or leave "store" out of --mix`
      )
    }
  }
}

/**
 * Returns what the service has counted so far. Rejects with an Error that says what to do when nothing answers, when
 * the answer is not 200, or when it has no metrics of requests.
 */
export async function readCounts (url: URL): Promise<Counts> {
  const { status, text } = await reach(ask(url, '/metrics/'))
  if (status !== 200) {
    throw new Error(`${url.origin}/metrics/ answers ${status}: is this fastify-vitals? npm run doctor tells more`)
  }
  const exposition = readExposition(text)
  return { ended: endedRequests(exposition), started: valuesOf(exposition, 'process_start_time_seconds')[0] ?? NaN }
}

/**
 * Reads the counts until they include the last answers, which are counted a moment after they are read, for two seconds
 * at most. Rejects as `readCounts` does.
 */
export async function readSettledCounts (url: URL, settled: (counts: Counts) => boolean): Promise<Counts> {
  for (let tries = 0; ; tries++) {
    const counts = await readCounts(url)
    if (settled(counts) || tries === 20) return counts
    await sleep(100)
  }
}

async function reach<T> (asked: Promise<T>): Promise<T> {
  return await asked.catch(error => {
    if (!(error instanceof Unreachable)) throw error
    throw new Error(
      `No service answers: ${error.message}. ` +
      'Start it with "npm start" or "docker compose up -d", or say where it is with --url'
    )
  })
}
