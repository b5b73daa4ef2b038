import { createRequire } from 'node:module'
import type underPressure from '@fastify/under-pressure'
import { heartbeat } from '../loop/heartbeat.js'

const require = createRequire(import.meta.url)
const hooks = require('node:perf_hooks') as { monitorEventLoopDelay: () => unknown }

/** Milliseconds that under-pressure takes off what it reads, for the histogram that it expects to read. */
const resolutionMs = 10

/**
 * @fastify/under-pressure, made to read the event loop's delay off the heartbeat. The histogram that it makes for
 * itself wakes the loop a hundred times a second, whether anybody looks at it or not: 0.3 % of a core on an idle
 * service, for as long as the process lives. Where somebody else has loaded the module before, it keeps its own.
 */
export default load()

function load (): typeof underPressure {
  const { monitorEventLoopDelay } = hooks
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
    return require('@fastify/under-pressure') as typeof underPressure
  } finally {
    hooks.monitorEventLoopDelay = monitorEventLoopDelay
  }
}
