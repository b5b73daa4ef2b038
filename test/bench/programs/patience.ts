import type { MetricsOptions } from '../../../plugins/metrics.js'

// Where instructions are counted all is slow: the event loop is late, and neither sheds nor is stuck for that.
const minute = 60_000
const hour = 60 * minute

/** Options of `pressure` that are patient with it. */
export const patientPressure = { maxEventLoopDelay: minute }

/** Options of `metrics` that are patient with it. */
export function patient (options: MetricsOptions): MetricsOptions {
  return { observer: { stallMs: hour, livenessBlockedMs: hour }, ...options }
}

/** Settings of the service that are patient with it. */
export const patientSettings = {
  PRESSURE_MAX_EVENT_LOOP_DELAY_MS: String(minute),
  STALL_MS: String(hour),
  LIVENESS_BLOCKED_MS: String(hour)
}
