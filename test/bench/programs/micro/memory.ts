import { setTimeout } from 'node:timers/promises'
import { answer, argument, collectGarbage } from '../../control.js'
import { durations } from './durations.js'
import { family, seriesPerSet } from './families.js'

export interface Holding {
  by: 'ours' | 'prom-client'
  series: number
}

const { by, series } = argument<Holding>()
const held: unknown[] = []

answer({ round })

/**
 * Bytes per series that are held, on the heap and outside of it, by a family that has been recorded into and scraped.
 */
async function round (): Promise<number> {
  const before = await memory()
  const made = family(by, series)
  const seconds = durations()
  for (let set = 0; set < series / seriesPerSet; set++) made.record(set, seconds[set & 1023]!)
  await made.render()
  held.push(made)
  return (await memory() - before) / series
}

async function memory (): Promise<number> {
  // What a WeakRef was asked for stays until the turn ends.
  await setTimeout(10)
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
