import type { NextTickState } from '../fixtures/next-tick.js'

/** Something whose cost can be measured again and again. */
export interface Measured {
  /** Cost of one unit, as found in one more round. */
  round: () => Promise<number>
  /** In which state `process.nextTick()` is by now; not given where nothing of it is measured. */
  nextTick?: () => Promise<NextTickState>
  stop: () => Promise<void>
}

/** What was found about one thing. */
export interface Costs {
  /** Cost of one unit, in each round or start. */
  costs: number[]
  /** In which state `process.nextTick()` was at the end of each start. */
  nextTick: NextTickState[]
}

export interface Plan {
  /** Times that both are started afresh: what V8 makes of the same code differs from start to start. */
  starts: number
  /** Rounds of each, per start. */
  rounds: number
}

type Open = (start: number) => Promise<Measured>

/**
 * Measures two things in turn, so that whatever else the machine does meets both alike.
 * Returns what was found of the one and, with as many rounds, of the other.
 */
export async function alternate (
  one: Open,
  other: Open,
  { starts, rounds }: Plan,
  progress: (what: string) => void
): Promise<[Costs, Costs]> {
  const found: [Costs, Costs] = [{ costs: [], nextTick: [] }, { costs: [], nextTick: [] }]
  for (let start = 1; start <= starts; start++) {
    progress(`start ${start}`)
    await using(async () => await one(start), async one => await using(async () => await other(start), async other => {
      const both = [one, other] as const
      for (let round = 1; round <= rounds; round++) {
        progress(`start ${start}, round ${round}`)
        // Who goes first changes, because the second finds the caches and the clock rate that the first left.
        const order = round % 2 === 0 ? [0, 1] as const : [1, 0] as const
        for (const side of order) found[side].costs.push(await both[side].round())
      }
      for (const side of [0, 1] as const) {
        const state = await both[side].nextTick?.()
        if (state !== undefined) found[side].nextTick.push(state)
      }
    }))
  }
  return found
}

async function using (open: () => Promise<Measured>, use: (measured: Measured) => Promise<void>): Promise<void> {
  const measured = await open()
  await use(measured).finally(measured.stop)
}
