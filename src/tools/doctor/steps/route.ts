import type { Context } from '../context.js'
import { readJournalRoute, type JournalRoute } from '../journal-route.js'
import { fail, pass, type Step } from '../step.js'

const todo = ['compare with ops/alertmanager/alertmanager.yml: docker compose exec alertmanager cat /etc/alertmanager/alertmanager.yml', 'then: docker compose exec alertmanager kill -HUP 1']

export const route: Step = {
  name: 'route',
  title: 'Route to the journal',
  parts: ['alertmanager'],
  needs: ['alertmanager'],
  async check (context) {
    const { receivers, used, others, resolves, people } = await journalRoute(context)
    if (receivers.length === 0) {
      return fail('no receiver posts to the journal', others.length > 0 ? `Webhooks post to ${others.map(withoutSecrets).join(', ')}, and the journal is at /api/alerts.` : 'Its configuration has no webhook.',
        `add a receiver with webhook_configs: [{ url: '${context.options.service.origin}/api/alerts' }], by the address at which Alertmanager reaches the service`, ...todo)
    }
    if (used.length === 0) return fail(`no route leads to the receiver ${receivers.join(', ')}`, 'It posts to the journal, but is never used.', `set route: { receiver: ${receivers[0]} }`, ...todo)
    if (!resolves) return fail(`the receiver ${used.join(', ')} does not tell of the end of alerts`, 'It has send_resolved: false, so in the journal they fire for ever.', 'remove send_resolved: false', ...todo)
    return pass(`by the receiver ${used.join(', ')}; ${people.length > 0 ? `people are told by ${people.join(', ')}` : 'no human is told of alerts until pager or tickets is filled in there'}`)
  }
}

/** How alerts come to the journal, by the configuration that Alertmanager runs with. */
export async function journalRoute ({ askJson }: Context): Promise<JournalRoute> {
  const { config: { original } } = await askJson<{ config: { original: string } }>('alertmanager', '/api/v2/status')
  return readJournalRoute(original)
}

function withoutSecrets (text: string): string {
  if (!URL.canParse(text)) return text
  const { origin, pathname } = new URL(text)
  return origin + pathname
}
