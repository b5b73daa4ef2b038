import type { ValueCell } from '../../metrics/cell.js'
import type { PoolNumbers } from '../pool/pool-observer.js'
import type { MeasuredPool, SqlInstruments } from './sql-instruments.js'

/** A pool's gauges. Pools of one name share them: each adds its part. */
export class PoolGauges implements MeasuredPool {
  readonly name: string
  readonly #idle: SharedGauge
  readonly #used: SharedGauge
  readonly #connecting: SharedGauge
  readonly #queued: SharedGauge
  readonly #max: SharedGauge

  constructor ({ connections, queued, max }: SqlInstruments, pool: string) {
    this.name = pool
    this.#idle = new SharedGauge(connections.cell(pool, 'idle'))
    this.#used = new SharedGauge(connections.cell(pool, 'used'))
    this.#connecting = new SharedGauge(connections.cell(pool, 'connecting'))
    this.#queued = new SharedGauge(queued.cell(pool))
    this.#max = new SharedGauge(max.cell(pool))
  }

  /** Sets this pool's part; called whenever a connection is taken or given back. */
  set ({ idle, used, connecting, waiting, max }: PoolNumbers): void {
    this.#idle.set(idle)
    this.#used.set(used)
    this.#connecting.set(connecting)
    this.#queued.set(waiting)
    this.#max.set(max)
  }
}

class SharedGauge {
  readonly #cell: ValueCell
  #part = 0

  constructor (cell: ValueCell) {
    this.#cell = cell
  }

  set (part: number): void {
    if (part === this.#part) return
    this.#cell.add(part - this.#part)
    this.#part = part
  }
}
