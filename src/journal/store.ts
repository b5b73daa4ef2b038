import { codeOf } from '../error-code.js'
import type { Intake } from './intake.js'
import type { Stored } from './schema.js'
import { nothing, type AlertWriter, type Written } from './writer.js'

/** Answers that PostgreSQL would give again: a value that it cannot hold, a constraint, a limit of its own. */
const lasting = /^(22|23(?!505)|54)/

/** What stores a webhook, for whoever asks. */
interface Storing {
  store: (webhook: Parameters<AlertWriter['store']>[0], complete: boolean) => Promise<Written>
}

/**
 * Stores what was taken in of a webhook; what PostgreSQL refuses for good is refused alone, and the rest is stored.
 * Adds to `intake.refused`.
 */
export async function store (writer: Storing, intake: Intake): Promise<Stored> {
  const { webhook, refused } = intake
  const received = webhook.alerts.length + refused.length
  const written = await storeRest(writer, intake, webhook.truncatedAlerts === 0 && refused.length === 0)
  return {
    received,
    ...written,
    refused: refused.length,
    refusals: refused.slice(0, 10).map(({ message }) => message),
    truncated: webhook.truncatedAlerts
  }
}

async function storeRest (writer: Storing, { webhook, ...rest }: Intake, complete: boolean): Promise<Written> {
  const { alerts } = webhook
  try {
    return await writer.store(webhook, complete)
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (!lasting.test(code)) throw error
    if (alerts.length === 1) {
      rest.refused.push({
        reason: 'database',
        message: `an alert cannot be stored: PostgreSQL refuses it with ${code}`
      })
      return { ...nothing }
    }
    const half = Math.ceil(alerts.length / 2)
    const halves = [alerts.slice(0, half), alerts.slice(half)]
    const written = [{ ...nothing }]
    for (const alerts of halves) {
      written.push(await storeRest(writer, { webhook: { ...webhook, alerts }, ...rest }, false))
    }
    return written.reduce((sum, one) => Object.fromEntries(Object.entries(sum).map(([name, count]) => [
      name,
      count + one[name as keyof Written]
    ])) as Written)
  }
}
