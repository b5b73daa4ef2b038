import type postgres from 'postgres'
import type { SessionAttributes } from '../connection/hosts.js'
import type { QuerySource } from '../query/query-events.js'
import type { Connect, Encryption } from '../connection/socket.js'

export interface PoolOptions {
  /** Options of postgres.js as it has read them. */
  driver: postgres.Sql['options']
  connect: Connect
  encryption: Encryption
  sessionAttributes: SessionAttributes | undefined
  max: number
  connectTimeoutSeconds: number
  acquireTimeoutMs: number
  queryTimeoutMs: number
  idleTimeoutSeconds: number
  maxLifetimeSeconds: number
  leakDetectionMs: number
  onWarning: (warning: PoolWarning) => void
  /** Where these queries come from, when the pool is not all of it. */
  source?: QuerySource
}

export interface PoolWarning {
  message: string
  /** Where in the program the cause was, as a stack. */
  place?: string
}
