import { Unreachable } from '../../shared/ask.js'
import type { Context } from '../context.js'
import { readJournalRoute, type JournalRoute } from '../journal-route.js'
import { fail, pass, type Step } from '../step.js'

/** An Alertmanager: by what the context asks it, and by what Compose calls it with its configuration. */
const alertmanagers = {
  alertmanager: { service: 'alertmanager', file: 'alertmanager.yml' },
  journalAlertmanager: { service: 'alertmanager-journal', file: 'journal.yml' }
} as const

export type Alertmanager = keyof typeof alertmanagers

export const route: Step = {
  name: 'route',
  title: 'Route to the journal',
  parts: ['alertmanager'],
  needs: ['alertmanager'],
  async check (context) {
    const { program, receivers, used, others, resolves, people } = await journalRoute(context)
    const { service, file } = alertmanagers[program]
    const todo = [
      `compare with ops/alertmanager/${file}: docker compose exec ${service} cat /etc/alertmanager/${file}`,
      `then: docker compose exec ${service} kill -HUP 1`
    ]
    if (receivers.length === 0) {
      const { journalAlertmanager: other, service: { origin } } = context.options
      return fail(
        'no receiver posts to the journal',
        others.length > 0
          ? `Webhooks post to ${others.map(withoutSecrets).join(', ')}, and the journal is at /api/alerts.`
          : `Its configuration has no webhook, and no Alertmanager at ${other.origin} has one.`,
        'docker compose up -d alertmanager-journal, which posts to it; ' +
        'if it is elsewhere: npm run doctor -- --journal-alertmanager URL',
        `or add a receiver with webhook_configs: [{ url: '${origin}/api/alerts' }], ` +
        'by the address at which Alertmanager reaches the service',
        ...todo
      )
    }
    if (used.length === 0) {
      return fail(
        `no route leads to the receiver ${receivers.join(', ')}`,
        'It posts to the journal, but is never used.',
        `set route: { receiver: ${receivers[0]} }`,
        ...todo
      )
    }
    if (!resolves) {
      return fail(
        `the receiver ${used.join(', ')} does not tell of the end of alerts`,
        'It has send_resolved: false, so in the journal they fire for ever.',
        'remove send_resolved: false',
        ...todo
      )
    }
    const by = program === 'alertmanager' ? '' : ` of ${context.options[program].origin}`
    const told = people.length > 0
      ? `people are told by ${people.join(', ')}`
      : 'no human is told of alerts until pager or tickets is filled in in alertmanager.yml'
    return pass(`by the receiver ${used.join(', ')}${by}; ${told}`)
  }
}

/**
 * How alerts come to the journal, by the configurations that run: of the Alertmanager that tells people, or of one of
 * the journal's own.
 */
export async function journalRoute (context: Context): Promise<JournalRoute & { program: Alertmanager }> {
  const first = await read(context, 'alertmanager')
  const other = await read(context, 'journalAlertmanager').catch(error => {
    if (error instanceof Unreachable) return undefined
    throw error
  })
  const isOther = other !== undefined && other.receivers.length > 0 && !first.receivers.includes('journal')
  return isOther
    ? { ...other, people: first.filled, program: 'journalAlertmanager' }
    : { ...first, program: 'alertmanager' }
}

async function read ({ askJson }: Context, program: Alertmanager): Promise<JournalRoute> {
  const { config: { original } } = await askJson<{ config: { original: string } }>(program, '/api/v2/status')
  return readJournalRoute(original)
}

/** The name that Compose has for an Alertmanager. */
export function serviceOf (program: Alertmanager): string {
  return alertmanagers[program].service
}

function withoutSecrets (text: string): string {
  if (!URL.canParse(text)) return text
  const { origin, pathname } = new URL(text)
  return origin + pathname
}
