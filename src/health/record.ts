import type { Catalogue } from '../metrics/catalogue.js'
import { secondsGrid } from '../metrics/grid.js'
import type { Guard } from '../metrics/guard.js'
import { phases } from './phase.js'
import type { HealthRecorder } from './probes.js'

/**
 * Creates a recorder that writes checks, phases and readiness into a catalogue. Throws a TypeError when the catalogue
 * has their instruments already.
 * @param observerReason - the reason that the observer sets by itself, if there is an observer
 */
export function createHealthRecorder (
  catalogue: Catalogue,
  guard: Guard,
  observerReason: string | undefined
): HealthRecorder {
  const up = catalogue.value('health.up', ['check'])
  const duration = catalogue.histogram('health.duration', ['check'], secondsGrid)
  const phase = catalogue.value('service.phase', ['phase'])
  const unready = catalogue.value('service.unready', ['reason'])
  const reasons = new Map(['overloaded', 'shutting_down'].map(reason => [reason, unready.cell(reason)]))
  if (observerReason !== undefined) unready.cell(observerReason)

  return {
    run: guard('health_check', (name, { healthy, seconds }) => {
      up.cell(name).set(healthy ? 1 : 0)
      duration.cell(name).record(seconds)
    }),
    phase: guard('phase', now => { for (const each of phases) phase.cell(each).set(each === now ? 1 : 0) }),
    unready: guard('unready', (now: string | undefined) => {
      if (now !== undefined && !reasons.has(now)) reasons.set(now, unready.cell(now))
      for (const [each, cell] of reasons) cell.set(each === now ? 1 : 0)
    })
  }
}
