/** Something whose cost can be measured again and again. */
export interface Measured {
  /** Cost of one unit, as found in one more round. */
  round: () => Promise<number>
  stop: () => Promise<void>
}

export interface Plan {
  /** Times that both are started afresh: what V8 makes of the same code differs from start to start. */
  starts: number
  /** Rounds of each, per start. */
  rounds: number
}

/**
 * Measures two things in turn, so that whatever else the machine does meets both alike.
 * Returns the costs of all rounds: those of the one, and beside each that of the other.
 */
export async function alternate (one: () => Promise<Measured>, other: () => Promise<Measured>, { starts, rounds }: Plan, progress: (what: string) => void): Promise<[number[], number[]]> {
  const costs: [number[], number[]] = [[], []]
  for (let start = 1; start <= starts; start++) {
    progress(`start ${start}`)
    await using(one, async one => await using(other, async other => {
      for (let round = 1; round <= rounds; round++) {
        progress(`start ${start}, round ${round}`)
        // Who goes first changes, because the second finds the caches and the clock rate that the first left.
        const order = round % 2 === 0 ? [0, 1] as const : [1, 0] as const
        for (const side of order) costs[side].push(await [one, other][side]!.round())
      }
    }))
  }
  return costs
}

async function using (open: () => Promise<Measured>, use: (measured: Measured) => Promise<void>): Promise<void> {
  const measured = await open()
  await use(measured).finally(measured.stop)
}
