// Loaded before a program whose instructions are counted. There all is about fifty times slower but the clock, so that
// what runs by the clock, whether requests come or not, would count fifty times as much beside each. So timers take as
// much longer.
import { syncBuiltinESMExports } from 'node:module'
import perfHooks, { type EventLoopMonitorOptions } from 'node:perf_hooks'
import threads, { type WorkerOptions } from 'node:worker_threads'

const slower = 50

for (const name of ['setTimeout', 'setInterval'] as const) {
  const original = globalThis[name] as (run: () => void, ms?: number, ...args: unknown[]) => NodeJS.Timeout
  Object.assign(globalThis, {
    [name]: Object.assign(
      (run: () => void, ms = 1, ...args: unknown[]) => original(run, ms * slower, ...args),
      original
    )
  })
}

const { monitorEventLoopDelay } = perfHooks
Object.assign(perfHooks, {
  monitorEventLoopDelay: ({ resolution = 10 }: EventLoopMonitorOptions = {}) => monitorEventLoopDelay({
    resolution: resolution * slower
  })
})

// A thread's clock is its own, and its instructions are counted, too.
threads.Worker = new Proxy(threads.Worker, {
  construct: (Worker, [file, { execArgv, ...options }]: [string | URL, WorkerOptions]) => new Worker(file, {
    ...options,
    execArgv: [...execArgv ?? process.execArgv, '--import', import.meta.url]
  })
})
syncBuiltinESMExports()
