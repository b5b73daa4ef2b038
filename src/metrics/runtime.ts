import { constants, performance, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks'
import type { Catalogue } from './catalogue.js'
import { secondsGrid } from './grid.js'
import type { Guard } from './guard.js'

/** Milliseconds between two readings of how late the event loop is. */
const interval = 50

const gcKinds: Record<number, string> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb'
}

/**
 * Records every garbage collection, how late the event loop is, and how long it was active and idle. Nothing of it is
 * reset by a scrape, so any number of scrapers see the same. Returns a function that stops it.
 */
export function recordRuntime (catalogue: Catalogue, guard: Guard): () => void {
  const stopGc = recordGc(catalogue, guard)
  const stopDelay = recordDelay(catalogue, guard)
  recordUtilization(catalogue)
  return () => {
    stopGc()
    stopDelay()
  }
}

function recordGc (catalogue: Catalogue, guard: Guard): () => void {
  const gc = catalogue.histogram('nodejs.gc', ['kind'], secondsGrid)
  const cells = new Map(Object.entries(gcKinds).map(([kind, name]) => [Number(kind), gc.cell(name)]))
  const observer = new PerformanceObserver(guard('gc', list => {
    for (const { duration, detail } of list.getEntries() as Array<PerformanceEntry & { detail: { kind: number } }>) cells.get(detail.kind)?.record(duration / 1000)
  }))
  observer.observe({ entryTypes: ['gc'] })
  return () => { observer.disconnect() }
}

function recordDelay (catalogue: Catalogue, guard: Guard): () => void {
  const delay = catalogue.histogram('nodejs.eventloop.delay', [], secondsGrid).cell()
  let due = performance.now() + interval
  const timer = setInterval(guard('eventloop_delay', () => {
    const now = performance.now()
    const late = now - due
    due = now + interval
    delay.record(late / 1000)
  }), interval)
  timer.unref()
  return () => { clearInterval(timer) }
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
