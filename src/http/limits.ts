import type { Server, ServerOptions } from 'node:http'
import type { FastifyHttpOptions } from 'fastify'

/** Milliseconds between two looks of Node.js for requests that are late, at the least and, as its own, at the most. */
const [leastCheckMs, mostCheckMs] = [1000, 30_000]

/** What a client may send, and how long it may take: times in milliseconds. */
export interface Limits {
  readonly HEADER_LIMIT_BYTES: number
  readonly BODY_LIMIT_BYTES: number
  readonly HEADERS_TIMEOUT_MS: number
  readonly REQUEST_TIMEOUT_MS: number
  readonly CONNECTION_TIMEOUT_MS: number
  readonly KEEP_ALIVE_TIMEOUT_MS: number
  /** Proxies that may say who a client is, a comma-separated list. */
  readonly TRUST_PROXY: string
}

/** The limits, as options of Node.js' server. */
export function httpLimits (config: Limits) {
  const headersTimeout = config.HEADERS_TIMEOUT_MS
  return {
    maxHeaderSize: config.HEADER_LIMIT_BYTES,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    headersTimeout,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT_MS,
    // Half of the limit, as Node.js' own is: it comes on top of that, and each look wakes an idle service.
    connectionsCheckingInterval: Math.min(mostCheckMs, Math.max(leastCheckMs, Math.floor(headersTimeout / 2)))
  } satisfies ServerOptions
}

/** The limits, as options of Fastify. */
export function fastifyLimits (config: Limits) {
  return {
    http: httpLimits(config),
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT_MS,
    connectionTimeout: config.CONNECTION_TIMEOUT_MS,
    bodyLimit: config.BODY_LIMIT_BYTES,
    trustProxy: config.TRUST_PROXY
  } satisfies FastifyHttpOptions<Server>
}
