import type { FastifyInstance } from 'fastify'
import type {} from '../../plugins/metrics.js'
import { refusals, repairs, type Refusal, type Repair } from './intake.js'

export interface JournalCounters {
  refused: (reasons: Refusal[]) => void
  repaired: (repairs: Repair[]) => void
  truncated: (alerts: number) => void
}

/** Counts the alerts that were refused, changed or left out, when the app has metrics. */
export function createJournalCounters (app: FastifyInstance): JournalCounters {
  if (!app.hasDecorator('metrics')) return { refused: () => {}, repaired: () => {}, truncated: () => {} }
  const { catalogue, guard } = app.metrics
  const refused = catalogue.value('journal.refused', ['reason'])
  const repaired = catalogue.value('journal.repaired', ['reason'])
  const truncated = catalogue.value('journal.truncated').cell()
  // All series exist from the start, so that the first refusal shows as an increase.
  for (const reason of refusals) refused.cell(reason)
  for (const reason of repairs) repaired.cell(reason)
  return {
    refused: guard('journal', (reasons: Refusal[]) => { for (const reason of reasons) refused.cell(reason).add(1) }),
    repaired: guard('journal', (reasons: Repair[]) => { for (const reason of reasons) repaired.cell(reason).add(1) }),
    truncated: guard('journal', (alerts: number) => { truncated.add(alerts) })
  }
}
