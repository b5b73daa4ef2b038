import { createRequire } from 'node:module'
import type underPressure from '@fastify/under-pressure'
import { heartbeat } from '../loop/heartbeat.js'

const require = createRequire(import.meta.url)
const hooks = require('node:perf_hooks') as { monitorEventLoopDelay: () => unknown }

/** Milliseconds that under-pressure takes off what it reads, for the histogram that it expects to read. */
const resolutionMs = 10

/**
 * A copy of @fastify/under-pressure, made to read the event loop's delay off the heartbeat; whoever else loads the
 * module has one as it is. The histogram that it makes for itself wakes the loop a hundred times a second, whether
 * anybody looks at it or not: 0.3 % of a core on an idle service, for as long as the process lives.
 */
export default load()

function load (): typeof underPressure {
  const { monitorEventLoopDelay } = hooks
  const file = require.resolve('@fastify/under-pressure')
  const others = require.cache[file]
  hooks.monitorEventLoopDelay = () => ({
    enable: () => true,
    reset: () => {},
    // Read once at each sample.
    get mean () {
      heartbeat.fallIn()
      return (heartbeat.delayMs() + resolutionMs) * 1e6
    }
  })
  try {
    delete require.cache[file]
    return require(file) as typeof underPressure
  } finally {
    if (others === undefined) delete require.cache[file]
    else require.cache[file] = others
    hooks.monitorEventLoopDelay = monitorEventLoopDelay
  }
}
