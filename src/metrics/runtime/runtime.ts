import { constants, performance, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks'
import { heartbeat, type Beat } from '../../loop/heartbeat.js'
import type { Catalogue } from '../catalogue.js'
import { secondsGrid } from '../grid.js'
import type { Guard } from '../guard.js'
import { recordHeap } from './heap.js'
import { recordResources } from './resources.js'

const gcKinds: Record<number, string> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb'
}

export interface RuntimeRecorder {
  /**
   * Watches the event loop from now on; to be called when the app listens, since work before that keeps nobody waiting.
   */
  watchLoop: () => void
  stop: () => void
}

/**
 * Records every garbage collection, how late the event loop is, when it is blocked for long, how long it was active and
 * idle, and what Node.js holds. Nothing of it is reset by a scrape, so any number of scrapers see the same.
 * @param stallMs - milliseconds from which on a stall counts as one
 */
export function recordRuntime (catalogue: Catalogue, guard: Guard, stallMs: number): RuntimeRecorder {
  const stopGc = recordGc(catalogue, guard)
  const watchDelay = delayRecorder(catalogue, guard, stallMs)
  let stopDelay = () => {}
  recordUtilization(catalogue)
  recordHeap(catalogue)
  recordResources(catalogue)
  const [major = '', minor = '', patch = ''] = process.version.match(/\d+/g) ?? []
  catalogue.value('nodejs.version', ['version', 'major', 'minor', 'patch'], { capped: false })
    .cell(process.version, major, minor, patch)
    .set(1)
  return {
    watchLoop: () => {
      stopDelay()
      stopDelay = watchDelay()
    },
    stop: () => {
      stopGc()
      stopDelay()
    }
  }
}

function recordGc (catalogue: Catalogue, guard: Guard): () => void {
  const gc = catalogue.histogram('nodejs.gc', ['kind'], secondsGrid)
  const cells = new Map(Object.entries(gcKinds).map(([kind, name]) => [Number(kind), gc.cell(name)]))
  const observer = new PerformanceObserver(guard('gc', list => {
    for (const { duration, detail } of list.getEntries() as Array<PerformanceEntry & {
      detail: { kind: number }
    }>) cells.get(detail.kind)?.record(duration / 1000)
  }))
  observer.observe({ entryTypes: ['gc'] })
  return () => { observer.disconnect() }
}

function delayRecorder (catalogue: Catalogue, guard: Guard, stallMs: number): () => () => void {
  const delay = catalogue.histogram('nodejs.eventloop.delay', [], secondsGrid).cell()
  const stall = catalogue.histogram('nodejs.eventloop.stall', [], secondsGrid).cell()
  const lag = catalogue.value('nodejs.eventloop.lag').cell()
  // Only the observer can tell of a loop that is stuck.
  catalogue.value('nodejs.eventloop.stalled').cell()
  const record = guard('eventloop_delay', ({ lateMs, blockedMs }: Beat) => {
    delay.record(lateMs / 1000)
    lag.set(lateMs / 1000)
    if (blockedMs >= stallMs) stall.record(blockedMs / 1000)
  })
  // Only what is longer than a period can be told from much that is short.
  return () => heartbeat.listen(record, stallMs / 2)
}

function recordUtilization (catalogue: Catalogue): void {
  const active = catalogue.value('nodejs.eventloop.active').cell()
  const idle = catalogue.value('nodejs.eventloop.idle').cell()
  catalogue.onRefresh(() => {
    const utilization = performance.eventLoopUtilization()
    active.set(utilization.active / 1000)
    idle.set(utilization.idle / 1000)
  })
}
