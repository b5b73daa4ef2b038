import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'

/**
 * Returns the servers of an app that listens on several addresses, as `localhost` has it do, except the first. Known
 * once it listens.
 */
export function furtherServers (app: FastifyInstance): readonly Server[] {
  for (let instance: object | null = app; instance !== null; instance = Object.getPrototypeOf(instance)) {
    const bindings = Object.getOwnPropertySymbols(instance).find(
      ({ description }) => description === 'fastify.serverBindings'
    )
    if (bindings !== undefined) return (instance as Record<symbol, Server[]>)[bindings] ?? []
  }
  return []
}
