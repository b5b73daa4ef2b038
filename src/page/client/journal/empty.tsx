import { signal } from '@preact/signals'
import { askJournal } from '../data/alerts.js'
import { settings } from '../settings.js'
import { place } from '../ui/router.js'
import { words } from '../ui/words.js'
import { readShown } from './journal-data.js'

interface Test {
  fingerprint: string
  startsAt: string
}

/** The test alert that was sent and is not resolved yet. */
const testing = signal<Test | undefined>(undefined)
const problem = signal<string | undefined>(undefined)

/** Shows how to get alerts into a journal that has none. */
export function Empty () {
  const text = words.value
  return (
    <section class='card nothing' aria-labelledby='nothing-title'>
      <h2 id='nothing-title'>{text.emptyTitle}</h2>
      <p>{text.emptyText}</p>
      <pre tabIndex={0}><code>{configuration()}</code></pre>
      <p>{settings.testAlerts ? text.emptyTest : text.emptyToken}</p>
      {settings.testAlerts && (
        <p><button type='button' class='primary' onClick={send}>{text.sendTest}</button></p>
      )}
      {problem.value !== undefined && <p class='bad' role='alert'>{text.testFailed(problem.value)}</p>}
    </section>
  )
}

/** Offers to resolve the test alert. */
export function TestAlert () {
  const text = words.value
  if (testing.value === undefined) return null
  return (
    <p class='testing'>
      <button type='button' class='primary' onClick={resolve}>{text.resolveTest}</button>
      {problem.value !== undefined && <span class='bad' role='alert'>{text.testFailed(problem.value)}</span>}
    </p>
  )
}

function configuration (): string {
  return `route:
  receiver: journal
receivers:
  - name: journal
    webhook_configs:
      - url: ${location.origin}${settings.journal}`
}

async function send (): Promise<void> {
  const bytes = [...crypto.getRandomValues(new Uint8Array(8))]
  const test = {
    fingerprint: bytes.map(byte => byte.toString(16).padStart(2, '0')).join(''),
    startsAt: new Date().toISOString()
  }
  await tell(test, undefined)
}

async function resolve (): Promise<void> {
  if (testing.value !== undefined) await tell(testing.value, new Date().toISOString())
}

/** Tells the journal of the test alert; the button that resolves it changes before the timeline does. */
async function tell (test: Test, endsAt: string | undefined): Promise<void> {
  try {
    await post(test, endsAt)
    problem.value = undefined
  } catch (error) {
    problem.value = (error as Error).message
    return
  }
  testing.value = endsAt === undefined ? test : undefined
  await readShown(place.value.query)
}

async function post ({ fingerprint, startsAt }: Test, endsAt: string | undefined): Promise<void> {
  const status = endsAt === undefined ? 'firing' : 'resolved'
  const labels = { alertname: 'TestAlert', severity: 'info', instance: location.host }
  const alert = {
    status,
    fingerprint,
    startsAt,
    endsAt: endsAt ?? '0001-01-01T00:00:00Z',
    labels,
    annotations: { summary: words.value.testSummary },
    generatorURL: location.href
  }
  const payload = {
    version: '4',
    groupKey: '{}:{alertname="TestAlert"}',
    truncatedAlerts: 0,
    status,
    receiver: 'page',
    groupLabels: {},
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: location.origin,
    alerts: [alert]
  }
  await askJournal('', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload)
  })
}
