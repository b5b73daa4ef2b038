import type { Server, ServerOptions } from 'node:http'
import type { FastifyHttpOptions } from 'fastify'

// How often Node.js looks for requests that are late; its own 30 seconds would be on top of the limit.
const checkEveryMs = 1000

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
  return {
    maxHeaderSize: config.HEADER_LIMIT_BYTES,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    headersTimeout: Math.min(config.HEADERS_TIMEOUT_MS, config.REQUEST_TIMEOUT_MS),
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: checkEveryMs
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
    trustProxy: config.TRUST_PROXY === '' ? false : config.TRUST_PROXY
  } satisfies FastifyHttpOptions<Server>
}
