import type { Catalogue, Instrument } from '../../metrics/catalogue.js'
import type { HistogramCell, ValueCell } from '../../metrics/cell.js'
import { secondsGrid } from '../../metrics/grid.js'

/** A pool that is measured. */
export interface MeasuredPool {
  /** The label `pool`. */
  readonly name: string
}

/**
 * What is measured of postgres.js clients. Durations are in seconds; the label `pool` is empty for the first client.
 */
export interface SqlInstruments {
  readonly catalogue: Catalogue
  /** From asking until execution began, of every query that reached the driver, also of those that never began. */
  readonly wait: Instrument<HistogramCell>
  /** From the beginning of execution until the outcome, of every query that was dispatched to a connection. */
  readonly execution: Instrument<HistogramCell>
  readonly errors: Instrument<ValueCell>
  readonly rows: Instrument<ValueCell>
  readonly transaction: Instrument<HistogramCell>
  readonly create: Instrument<HistogramCell>
  readonly connections: Instrument<ValueCell>
  readonly max: Instrument<ValueCell>
  readonly opened: Instrument<ValueCell>
  readonly closed: Instrument<ValueCell>
  readonly connectionErrors: Instrument<ValueCell>
  readonly queued: Instrument<ValueCell>
  readonly retries: Instrument<ValueCell>
  /** Queries that are charged to no request, and the time that they executed and waited. */
  readonly unattributed: Readonly<Record<'queries' | 'execution' | 'wait', Instrument<ValueCell>>>
  /** Those that live. */
  readonly pools: Set<MeasuredPool>
  /** Is told of an exception inside of what records. */
  readonly failed: () => void
  /** Name for the next client that is given none. */
  nextPool: () => string
}

/** Registers what is measured of postgres.js clients. Throws a TypeError when the catalogue has it already. */
export function createSqlInstruments (catalogue: Catalogue, failed = () => {}): SqlInstruments {
  const pools = new Set<MeasuredPool>()
  let number = 0

  const unattributed = ['pool', 'reason']

  return {
    catalogue,
    wait: catalogue.histogram('db.query.wait', ['pool', 'operation', 'query'], secondsGrid),
    execution: catalogue.histogram('db.query.execution', ['pool', 'operation', 'query'], secondsGrid),
    errors: catalogue.value('db.query.errors', ['pool', 'operation', 'query', 'code']),
    rows: catalogue.value('db.rows', ['pool', 'operation', 'query']),
    transaction: catalogue.histogram('db.transaction', ['pool', 'outcome'], secondsGrid),
    create: catalogue.histogram('db.connection.create', ['pool'], secondsGrid),
    connections: catalogue.value('db.connections', ['pool', 'state']),
    max: catalogue.value('db.connections.max', ['pool']),
    opened: catalogue.value('db.connections.opened', ['pool']),
    closed: catalogue.value('db.connections.closed', ['pool']),
    connectionErrors: catalogue.value('db.connection.errors', ['pool', 'code']),
    queued: catalogue.value('db.queries.queued', ['pool']),
    retries: catalogue.value('db.query.retries', ['pool']),
    unattributed: {
      queries: catalogue.value('db.unattributed.queries', unattributed),
      execution: catalogue.value('db.unattributed.execution', unattributed),
      wait: catalogue.value('db.unattributed.wait', unattributed)
    },
    pools,
    failed,
    nextPool: () => {
      const taken = new Set([...pools].map(({ name }) => name))
      do number++
      while (taken.has(numbered(number)))
      return numbered(number)
    }
  }
}

function numbered (pool: number): string {
  return pool === 1 ? '' : String(pool)
}
