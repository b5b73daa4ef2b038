import type { ValueCell } from '../metrics/cell.js'
import type { PoolNumbers } from './pool.js'
import type { MeasuredPool, SqlInstruments } from './sql-instruments.js'

/** A pool's part in numbers that go up and down, which it shares with the pools of its name. */
export class Levels implements MeasuredPool {
  readonly name: string
  readonly #idle: Level
  readonly #used: Level
  readonly #connecting: Level
  readonly #queued: Level
  readonly #max: Level

  constructor ({ connections, queued, max }: SqlInstruments, pool: string) {
    this.name = pool
    this.#idle = new Level(connections.cell(pool, 'idle'))
    this.#used = new Level(connections.cell(pool, 'used'))
    this.#connecting = new Level(connections.cell(pool, 'connecting'))
    this.#queued = new Level(queued.cell(pool))
    this.#max = new Level(max.cell(pool))
  }

  /** Sets its part anew, for each query when a connection is taken and when it is given back. */
  set ({ idle, used, connecting, waiting, max }: PoolNumbers): void {
    this.#idle.set(idle)
    this.#used.set(used)
    this.#connecting.set(connecting)
    this.#queued.set(waiting)
    this.#max.set(max)
  }
}

class Level {
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
