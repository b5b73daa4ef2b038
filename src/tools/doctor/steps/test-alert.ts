import { valuesOf } from '../../shared/exposition.js'
import { countEnded, endedRequests } from '../../shared/requests.js'
import type { Context } from '../context.js'
import { fail, leave, pass, type Result, type Step } from '../step.js'
import { postTestAlert, readTestAlert } from '../test-alert.js'
import { journalRoute, serviceOf, type Alertmanager } from './route.js'

interface Held {
  receivers: Array<{ name: string }>
  status: { state: string, silencedBy: string[], inhibitedBy: string[] }
}

/** How often Alertmanager posted in vain, and the journal answered with which status. */
interface Counts {
  failed: number
  answers: Record<string, number>
}

const marginSeconds = 10
const logsOf = (program: Alertmanager) => `docker compose logs ${serviceOf(program)} | tail`

export const testAlert: Step = {
  name: 'test-alert',
  title: 'Test alert',
  parts: ['service', 'alertmanager', 'test-alert'],
  needs: ['service', 'ready', 'alertmanager', 'route'],
  async check (context) {
    const { waitSeconds, used, program } = await journalRoute(context)
    if (waitSeconds > context.options.wait) {
      return leave(
        `not sent: Alertmanager waits up to ${waitSeconds} s (group_wait) before it tells, ` +
        `longer than --wait ${context.options.wait}`
      )
    }
    const before = await counts(context, program)
    const began = performance.now()
    await postTestAlert(context, program, 'firing')
    context.tell(`waiting for it in the journal; Alertmanager gathers for up to ${waitSeconds} s`)
    const result = await context.until(waitSeconds + marginSeconds, async () => {
      if (await readTestAlert(context) === 'firing') {
        return pass(`came into the journal after ${((performance.now() - began) / 1000).toFixed(1)} s`)
      }
      return refused(before, await counts(context, program), context, program)
    }) ?? await lost(context, used, program)
    if (result.status === 'failed') await postTestAlert(context, program, 'resolved')
    return result
  }
}

async function counts ({ metrics }: Context, program: Alertmanager): Promise<Counts> {
  // In this order: a post that Alertmanager counts as failed has been answered by the service, if it was this one.
  const alertmanager = await metrics(program)
  const service = await metrics('management')
  const ended = service === undefined ? [] : endedRequests(service)
  const statuses = new Set(ended.map(({ status }) => status))
  return {
    failed: alertmanager === undefined
      ? 0
      : valuesOf(alertmanager, 'alertmanager_notification_requests_failed_total', { integration: 'webhook' }).reduce(
        (sum, value) => sum + value,
        0
      ),
    answers: Object.fromEntries([...statuses].map(status => [status, countEnded(ended, 'POST', '/api/alerts', status)]))
  }
}

/** Why it will not come, when that can be seen already. */
function refused (
  before: Counts,
  now: Counts,
  { options: { service } }: Context,
  program: Alertmanager
): Result | undefined {
  const more = (status: string) => (now.answers[status] ?? 0) > (before.answers[status] ?? 0)
  const refusal = Object.keys(now.answers).find(status => status.startsWith('4') && more(status))
  if (refusal === '401') {
    return fail(
      'was refused by the journal: 401',
      'Alertmanager has not the token that the service asks for, its JOURNAL_TOKEN.',
      'set the same JOURNAL_TOKEN for both in the environment or .env, then: ' +
      'docker compose up -d app alertmanager-journal',
      'without Docker: http_config: { authorization: { credentials_file: … } } of the receiver, in alertmanager.yml'
    )
  }
  if (refusal !== undefined) {
    return fail(
      `was refused by the journal: ${refusal}`,
      'The journal does not take what Alertmanager posts.',
      logsOf(program),
      'docker compose logs app | tail'
    )
  }
  const answered = Object.keys(now.answers).some(more)
  if (now.failed > before.failed && !answered) {
    return fail(
      'was posted, but not to this service',
      `Alertmanager's posts fail, and nothing came to ${service.origin}: ` +
      "the url of its receiver is not this service's, or cannot be reached from there.",
      logsOf(program),
      'correct url in ops/alertmanager/journal.yml; in Docker it is http://app:8000/api/alerts',
      `then: docker compose exec ${serviceOf(program)} kill -HUP 1`
    )
  }
  return undefined
}

/** Why it has not come, by what Alertmanager says of it. */
async function lost ({ askList, id, options }: Context, used: string[], program: Alertmanager): Promise<Result> {
  const [{ origin }, logs] = [options[program], logsOf(program)]
  const query = new URLSearchParams({ filter: `job="doctor-${id}"` })
  const [held] = await askList<Held>(program, `/api/v2/alerts?${query}`)
  const look = `look at ${origin}/#/alerts`
  if (held === undefined) {
    return fail(
      'is not in Alertmanager',
      'It was accepted and is gone: was Alertmanager restarted, or are there several behind this address?',
      look,
      logs
    )
  }
  const receivers = held.receivers.map(({ name }) => name)
  if (held.status.silencedBy.length > 0) {
    return fail(
      'is silenced',
      'A silence in Alertmanager matches it, and maybe real alerts too.',
    `look at ${origin}/#/silences`
    )
  }
  if (held.status.inhibitedBy.length > 0) {
    return fail('is inhibited by another alert', 'A rule of inhibit_rules is wide enough to silence it.', look)
  }
  if (!receivers.some(name => used.includes(name))) {
    return fail(
      `was routed to ${receivers.join(', ')}, not to the journal`,
      `A route before that of ${used.join(', ')} took it and does not continue.`,
      `amtool config routes test --alertmanager.url=${origin} alertname=DoctorTest severity=info`,
      'add continue: true to that route of its configuration in ops/alertmanager'
    )
  }
  return fail(
    'did not come into the journal in time',
    `Alertmanager has it for ${receivers.join(', ')}.`,
    logs,
    'docker compose logs app | tail'
  )
}
