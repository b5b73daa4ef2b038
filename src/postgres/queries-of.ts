import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { poolOf } from './pool/pool-of.js'
import { QueryEvent, type QuerySource } from './query/query-events.js'

export type { QueryEvent }

/**
 * Returns the queries that an app's databases were asked while `run` was under way, in that order, once all of them
 * have their outcome: for tests that count them. Rejects with what `run` rejects with, and with a TypeError when the
 * app has no database of the postgres plugin.
 */
export async function queriesOf (app: FastifyInstance, run: () => unknown): Promise<QueryEvent[]> {
  const sources = sourcesOf(app)
  const queries: QueryEvent[] = []
  const under = new Set<unknown>()
  let ended = () => {}

  const onStart = (event: unknown) => {
    if (!(event instanceof QueryEvent) || !sources.some(source => event.isOf(source))) return
    queries.push(event)
    under.add(event)
  }
  const onEnd = (event: unknown) => { if (under.delete(event)) ended() }

  subscribe('fastify-vitals:query:start', onStart)
  subscribe('fastify-vitals:query:end', onEnd)
  try {
    await run()
    // What was asked just before comes to the pool a little later.
    await turn()
    unsubscribe('fastify-vitals:query:start', onStart)
    while (under.size > 0) await new Promise<void>(resolve => { ended = resolve })
    return queries
  } finally {
    unsubscribe('fastify-vitals:query:start', onStart)
    unsubscribe('fastify-vitals:query:end', onEnd)
  }
}

function sourcesOf (app: FastifyInstance): QuerySource[] {
  const clients: object[] = app.hasDecorator('sql') ? [app.sql, ...Object.values(app.sql)] : []
  const sources = clients.flatMap(client => poolOf(client)?.source ?? [])
  if (sources.length === 0) {
    throw new TypeError(
      'The app has no database whose queries could be counted: register the plugin postgres first'
    )
  }
  return sources
}
