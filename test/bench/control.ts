import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { nextTickState } from '../fixtures/next-tick.js'

// The side of a measured program; program.ts is the other one.
export interface Question {
  id: number
  name: string
  argument: unknown
}

export interface Answer {
  id: number
  value?: unknown
  error?: string
}

export interface Heap {
  bytes: number
  /** Garbage collections so far. */
  collections: number
}

/** The argument that this program was started with. */
export function argument<T> (): T {
  return JSON.parse(process.argv[2] ?? '{}') as T
}

/** Answers the questions of the process that started this one, and ends when that process does. */
export function answer (answers: Record<string, (argument: never) => unknown>): void {
  const all: typeof answers = { cpu: () => process.cpuUsage(), heap, emptyHeap, nextTick: nextTickState, ...answers }
  process.on('message', async ({ id, name, argument }: Question) => {
    try {
      process.send?.({ id, value: await all[name]?.(argument as never) } satisfies Answer)
    } catch (error) {
      process.send?.({ id, error: String(error) } satisfies Answer)
    }
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ id: 0 } satisfies Answer)
}

let collections = 0
let observer: PerformanceObserver | undefined

async function heap (): Promise<Heap> {
  // Collections are told some time after they happened.
  await setTimeout(10)
  return { bytes: process.memoryUsage().heapUsed, collections }
}

async function emptyHeap (): Promise<Heap> {
  // Questions come in a tick, during which something is queued yet.
  await setTimeout(1)
  collectGarbage()
  if (observer === undefined) {
    observer = new PerformanceObserver(list => { collections += list.getEntries().length })
    observer.observe({ entryTypes: ['gc'] })
  }
  return await heap()
}

/** Collects all garbage. Throws an Error when the program was not started with `--expose-gc`. */
export function collectGarbage (): void {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('The program was not started with --expose-gc')
  for (let i = 0; i < 3; i++) gc()
}
