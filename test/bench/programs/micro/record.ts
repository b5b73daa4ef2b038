import client from 'prom-client'
import { createHistogram } from 'node:perf_hooks'
import { answer, argument } from '../../control.js'
import { makeCell } from '../../ours.js'
import { durations } from './durations.js'

export interface Recording {
  way: 'ours' | 'labels' | 'child' | 'perf_hooks'
}

const { way } = argument<Recording>()
const calls = way === 'ours' || way === 'perf_hooks' ? 3_000_000 : 200_000
const labels = { method: 'GET', route: '/api/alerts', status_code: 200 }
const histogram = () => new client.Histogram({ name: 'seconds', help: 'Seconds', labelNames: Object.keys(labels) })
const run = ways()[way]()

run()
answer({ round: run })

// A loop of its own for each way: one that had a function given would be optimised for the calls of all.
function ways (): Record<Recording['way'], () => () => number> {
  return {
    ours () {
      const cell = makeCell()
      const seconds = durations()
      return () => timed(() => {
        for (let call = 0; call < calls; call++) cell.record(seconds[call & 1023]!)
      })
    },
    labels () {
      const seconds = durations()
      const labelled = histogram()
      return () => timed(() => {
        for (let call = 0; call < calls; call++) labelled.observe(labels, seconds[call & 1023]!)
      })
    },
    child () {
      const seconds = durations()
      const child = histogram().labels(labels)
      return () => timed(() => {
        for (let call = 0; call < calls; call++) child.observe(seconds[call & 1023]!)
      })
    },
    perf_hooks () {
      const nanoseconds = durations().map(seconds => Math.round(seconds * 1e9))
      const recordable = createHistogram()
      return () => timed(() => {
        for (let call = 0; call < calls; call++) recordable.record(nanoseconds[call & 1023]!)
      })
    }
  }
}

function timed (loop: () => void): number {
  const start = process.hrtime.bigint()
  loop()
  return Number(process.hrtime.bigint() - start) / calls
}
