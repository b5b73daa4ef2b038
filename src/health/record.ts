import type { Catalogue } from '../metrics/catalogue.js'
import { secondsGrid } from '../metrics/grid.js'
import type { Guard } from '../metrics/guard.js'
import { phases } from './phase.js'
import type { HealthRecorder } from './probes.js'

/**
 * Makes what records checks, phases and readiness in a catalogue.
 * Throws a TypeError when that has their instruments already.
 * @param told - the reason that the observer tells of, if there is one
 */
export function createHealthRecorder (catalogue: Catalogue, guard: Guard, told: string | undefined): HealthRecorder {
  const up = catalogue.value('health.up', ['check'])
  const duration = catalogue.histogram('health.duration', ['check'], secondsGrid)
  const phase = catalogue.value('service.phase', ['phase'])
  const unready = catalogue.value('service.unready', ['reason'])
  const reasons = new Map(['overloaded', 'shutting_down'].map(reason => [reason, unready.cell(reason)]))
  if (told !== undefined) unready.cell(told)

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
