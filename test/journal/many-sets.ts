import t from 'tap'
import { startJournal } from '../fixtures/journal.js'

// Each look of the reader at what is newest has to fail for it to look into sets of labels: first a few hundred alerts,
// then thousands, then tens of thousands.
for (const newer of [0, 1000, 3000, 21_000]) {
  t.test(`what matches many sets of labels is listed in order, behind ${newer} newer alerts`, async t => {
    const { sql, get } = await startJournal(t)
    // 500 sets of labels, of which each had two alerts; then what is newer, of one set.
    await sql`
      insert into alerts (
        fingerprint, starts_at, ends_at, status, name, severity, labels, annotations,
        generator_url, receiver, group_key, external_url, last_heard_at)
      select
        fingerprint, starts_at, case when status = 'firing' then null else starts_at + interval '1 minute' end, status,
        labels ->> 'alertname', labels ->> 'severity', labels, '{}', '', 'journal', '{}', '', starts_at
      from (
        select
          'old' || n % 500 as fingerprint, timestamptz '2026-01-01' + n * interval '1 second' as starts_at,
          case when n % 100 = 99 then 'firing' else 'resolved' end as status,
          jsonb_build_object('alertname', 'Old' || n % 3, 'severity', (array['critical', 'warning'])[1 + n % 2],
            'instance', 'i' || n % 500, 'team', (array['shop', 'bank'])[1 + n % 500 / 400]) as labels
        from generate_series(0, 999) n
        union all
        select
          'new' || n, timestamptz '2026-02-01' + n * interval '1 second', 'resolved',
          '{"alertname": "New", "severity": "warning", "team": "none"}'
        from generate_series(1, ${newer}::int) n
      ) made`
    await sql`
      insert into label_sets select distinct on (hash) hash, labels
      from (select jsonb_hash_extended(labels, 0) as hash, labels from alerts) sets`

    /** Ids of all pages, at most so many. */
    async function listed (query: Record<string, string | string[]>, most: number): Promise<string[]> {
      const ids: string[] = []
      let cursor: string | null = null
      do {
        const { status, body } = await get('', { ...query, ...cursor !== null && { cursor } })
        t.equal(status, 200)
        const page = body as { alerts: Array<{ id: string }>, next: string | null }
        ids.push(...page.alerts.map(({ id }) => id))
        cursor = page.next
      } while (cursor !== null && ids.length < most)
      return ids
    }
    const queries: Array<[query: Record<string, string | string[]>, condition: string]> = [
      [{ label: 'team=shop' }, "labels ->> 'team' = 'shop'"],
      [{ label: 'team=bank' }, "labels ->> 'team' = 'bank'"],
      [{ label: 'team=nobody' }, 'false'],
      [{ label: 'team=shop', name: 'Old1' }, "labels ->> 'team' = 'shop' and name = 'Old1'"],
      [{ label: 'team=shop', status: 'resolved' }, "labels ->> 'team' = 'shop' and status = 'resolved'"],
      [{ label: 'team=shop', status: 'firing' }, "labels ->> 'team' = 'shop' and status = 'firing'"],
      [{ name: 'Old2', severity: 'critical' }, "name = 'Old2' and severity = 'critical'"],
      [{ label: ['team=shop', 'instance=i7'] }, "labels ->> 'team' = 'shop' and labels ->> 'instance' = 'i7'"],
      [
        { label: 'team=shop', from: '2026-01-01T00:05:00Z', to: '2026-01-01T00:10:00Z' },
        `labels ->> 'team' = 'shop' and tstzrange(starts_at, ends_at) && tstzrange(
          '2026-01-01T00:05:00Z', '2026-01-01T00:10:00Z')`
      ]
    ]
    for (const [query, condition] of queries) {
      const right = await sql<Array<{ id: string }>>`
        select id::text from alerts where ${sql.unsafe(condition)} order by starts_at desc, alerts.id desc`
      for (const limit of [30, 200]) {
        const ids = await listed({ ...query, limit: String(limit) }, 400)
        t.strictSame(ids, right.slice(0, ids.length).map(({ id }) => id), `${JSON.stringify(query)} by ${limit}`)
        t.ok(ids.length === right.length || ids.length >= 400)
      }
    }
  })
}
