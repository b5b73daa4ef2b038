import t from 'tap'
import * as examples from '../../src/journal/examples.js'
import { startJournal } from '../fixtures/journal.js'

t.test('what the docs show is what the journal takes and answers', async t => {
  const { post, get } = await startJournal(t)
  const { exampleWebhook, exampleAlert, exampleId } = examples
  t.strictSame(await post(exampleWebhook), { status: 200, body: examples.exampleStored })
  const resolved = exampleWebhook.alerts.map(alert => ({ ...alert, status: 'resolved', endsAt: exampleAlert.endsAt }))
  t.match((await post({ ...exampleWebhook, status: 'resolved', alerts: resolved })).body, { resolved: 1 })

  const { status, body } = await get(`/${exampleId}`)
  t.equal(status, 200)
  t.strictSame(Object.keys(body).sort(), Object.keys(exampleAlert).sort())
  // When it was heard of is by another clock.
  const heard = ['lastHeardAt', 'receivedAt', 'resolvedReceivedAt'] as const
  const withoutHeard = (alert: object) => Object.fromEntries(
    Object.entries(alert).filter(([name]) => !heard.includes(name as typeof heard[number]))
  )
  t.strictSame(withoutHeard(body), withoutHeard(exampleAlert))
  for (const name of heard) {
    for (const alert of [body, exampleAlert]) {
      t.match(alert[name as keyof typeof alert], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, name)
    }
  }
  t.ok(exampleAlert.receivedAt < exampleAlert.endsAt && exampleAlert.endsAt < exampleAlert.resolvedReceivedAt)
  t.equal(exampleAlert.lastHeardAt, exampleAlert.resolvedReceivedAt)

  const { alerts: [shown], next } = examples.examplePage
  t.strictSame((await get('')).body, { alerts: [body], next: null })
  t.equal(shown, exampleAlert)
  t.strictSame((await get('', { cursor: next })).body, { alerts: [], next: null }, 'it ends with that alert')

  const { summary: [line] } = examples.exampleSummary
  const { summary } = (await get('/summary')).body as { summary: Array<Record<string, unknown>> }
  t.strictSame(Object.keys(summary[0] as object), Object.keys(line as object))
  t.match(summary, [{ name: line?.name, lastSeenAt: line?.lastSeenAt, firing: 0, stale: 0 }])
  t.equal(line?.name, exampleAlert.name)
  t.match(exampleAlert.name, /^[A-Z]\w+$/, 'named as alerts are')
  t.equal(line?.firingSeconds, (line?.count ?? 0) * (line?.meanSeconds ?? 0))

  t.strictSame(await get('', { limit: '0' }), { status: 400, body: examples.exampleError })
})
