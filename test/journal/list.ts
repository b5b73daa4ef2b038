import t from 'tap'
import { createAlertReader } from '../../src/journal/reader.js'
import type { Page } from '../../src/journal/schema.js'
import { alert } from '../fixtures/alertmanager.js'
import { startJournal } from '../fixtures/journal.js'

t.test('GET /api/alerts', async t => {
  const { clear, sql, store, get, list } = await startJournal(t)
  const instances = async (query: Record<string, string | string[]>) =>
    (await list(query)).map(({ labels }) => labels.instance).join(' ')

  t.test('filters', async t => {
    await clear()
    const one = (instance: string, name: string, severity: string, startsAt: string, endsAt?: string) => alert({
      labels: { alertname: name, severity, instance, team: 'a=b' }, startsAt, ...(endsAt && { endsAt })
    })
    await store(
      one('1', 'Down', 'critical', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'),
      one('2', 'Down', 'warning', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'),
      one('3', 'Slow', 'warning', '2026-01-02T12:00:00Z'),
      one('4', "Slow' or 'a'='a", 'critical', '2026-01-04T00:00:00Z')
    )
    const cases: Array<[string, Record<string, string | string[]>, string]> = [
      ['nothing: those that began last come first', {}, '4 3 2 1'],
      ['status firing', { status: 'firing' }, '4 3'],
      ['status resolved', { status: 'resolved' }, '2 1'],
      ['name', { name: 'Down' }, '2 1'],
      ['severity', { severity: 'critical' }, '4 1'],
      ['label', { label: 'instance=3' }, '3'],
      ['a label value with =', { label: 'team=a=b' }, '4 3 2 1'],
      ['labels that must all match', { label: ['instance=3', 'severity=warning'] }, '3'],
      ['labels that contradict', { label: ['instance=3', 'instance=2'] }, ''],
      ['a label named __proto__', { label: '__proto__=1' }, ''],
      [
        'all at once',
        {
          status: 'resolved',
          name: 'Down',
          severity: 'warning',
          label: 'instance=2',
          from: '2026-01-02T00:00:00Z',
          to: '2026-01-03T00:00:00Z'
        },
        '2'
      ],
      ['from: what ended then is over', { from: '2026-01-01T01:00:00Z' }, '4 3 2'],
      ['from: what ended later was firing', { from: '2026-01-01T00:59:59.999999Z' }, '4 3 2 1'],
      ['to: what began then is not yet there', { to: '2026-01-02T00:00:00Z' }, '1'],
      ['to: what began before is there', { to: '2026-01-02T00:00:00.000001Z' }, '2 1'],
      ['from and to within an alert', { from: '2026-01-02T06:00:00+06:00', to: '2026-01-02T01:00:00Z' }, '2'],
      ['from in the future: what still fires', { from: '2999-01-01T00:00:00Z' }, '4 3'],
      ['a value with SQL in it', { name: "Slow' or 'a'='a" }, '4'],
      [
        'SQL that would match all',
        { name: "' or true --", severity: "'; drop table alerts; --", label: "'=' or true --" },
        ''
      ],
      ['limit', { limit: '2' }, '4 3']
    ]
    for (const [title, query, expected] of cases) t.equal(await instances(query), expected, title)
  })

  t.test('pages hold each alert once, in order, though many began at once and more come in between', async t => {
    await clear()
    const many = (prefix: string, startsAt: string, count: number) =>
      Array.from(
        { length: count },
        (_, i) => alert({ labels: { alertname: 'Many', instance: `${prefix}${i}` }, startsAt })
      )
    const starts = ['2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00.000002Z', '2026-01-01T00:00:00.000003Z']
    await store(...starts.flatMap((start, i) => many(`${i}-`, start, 40)))
    const whole = (await list({ limit: '200' })).map(({ id }) => id)
    const seen: string[] = []
    const sizes: number[] = []
    for (let cursor: string | null | undefined, i = 0; cursor !== null; i++) {
      const page = (await get('', { limit: '7', name: 'Many', ...(cursor && { cursor }) })).body as Page
      seen.push(...page.alerts.map(({ id }) => id))
      sizes.push(page.alerts.length)
      cursor = page.next
      await store(...many(`late${i}-`, '2026-01-01T00:00:00.000003Z', 3))
    }
    t.equal(whole.length, 120)
    t.strictSame(seen, whole)
    t.equal(sizes.at(-1), 1)
  })

  t.test('a page ends by bytes, too, and its next leads on, even from an alert larger than a page', async t => {
    await clear()
    const large = (i: number, kilobytes: number) =>
      alert({
        labels: { alertname: 'Large', instance: String(i) },
        annotations: { text: 'x'.repeat(kilobytes * 1000) },
        startsAt: `2026-01-01T00:00:${10 + i}Z`
      })
    await store(...Array.from({ length: 20 }, (_, i) => large(i, i === 10 ? 3000 : 200)))
    const seen: string[] = []
    const sizes: number[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = (await get('', { limit: '200', name: 'Large', ...(cursor && { cursor }) })).body as Page
      seen.push(...page.alerts.map(({ labels }) => labels['instance'] as string))
      sizes.push(page.alerts.length)
      cursor = page.next
    }
    t.strictSame(seen, Array.from({ length: 20 }, (_, i) => String(19 - i)), 'each once, in order')
    t.strictSame(sizes, [6, 4, 6, 4], 'a mebibyte and what exceeds it')
  })

  t.test('the last page has no next, also when it is full', async t => {
    await clear()
    t.strictSame(await get(''), { status: 200, body: { alerts: [], next: null } })
    await store(alert({ labels: { a: '1' } }), alert({ labels: { a: '2' } }))
    t.match(await get('', { limit: '2' }), { body: { next: null } })
    t.match(await get('', { limit: '1' }), { body: { next: String } })
  })

  t.test('a page of alerts that are removed while it is made is an empty last one', async t => {
    await clear()
    await store(alert({ labels: { a: '1' } }), alert({ labels: { a: '2' } }))
    const ask = async (strings: TemplateStringsArray, ...values: never[]) => {
      if (strings[0]?.startsWith('/* read_alerts */') === true) await clear()
      return await sql(strings, ...values)
    }
    const { list } = createAlertReader(sql)
    const { alerts, next } = await list({ limit: 1 }, ask as unknown as typeof sql)
    t.strictSame([...alerts, next], [null])
  })

  t.test('a page has 50 alerts when nothing is said', async t => {
    await store(...Array.from({ length: 60 }, (_, i) => alert({ labels: { i: String(i) } })))
    t.equal((await list()).length, 50)
  })
})
