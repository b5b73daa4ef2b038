import t from 'tap'
import { openTab, startBrowser } from '../fixtures/browser.js'
import { storeDay, store } from '../fixtures/alert-history.js'
import { alert } from '../fixtures/alertmanager.js'
import { startPostgres } from '../fixtures/postgres.js'
import { havePrograms } from '../fixtures/programs.js'
import { startService } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

t.test('the journal in a browser', async t => {
  if (!havePrograms(t, 'chromium')) return
  const { url } = await startPostgres(t)
  const { origin } = await startService(t, { DATABASE_URL: url, HEALTH_TIMEOUT_MS: '10000' })
  const browser = await startBrowser(t)
  const { page, complaints } = await openTab(browser, [origin])

  await t.test('says what to do while it is empty, and shows a test alert begin and end', async t => {
    await page.goto(`${origin}/journal`)
    await page.getByText(`url: ${origin}/api/alerts`).waitFor()
    await page.getByRole('button', { name: 'Send a test alert' }).click()
    await page.locator('.timeline a.firing[aria-label^="TestAlert"]').waitFor()
    await page.getByRole('button', { name: 'Resolve the test alert' }).click()
    await page.locator('.timeline a.resolved[aria-label^="TestAlert"]').waitFor()
    await page.getByRole('button', { name: 'Resolve the test alert' }).waitFor({ state: 'detached' })
  })

  await t.test('shows an alert that is posted on the timeline, and that it resolves', async t => {
    const startsAt = new Date(Date.now() - 60_000).toISOString()
    const labels = { alertname: 'Posted', severity: 'critical' }
    await store(origin, [alert({ startsAt, labels })])
    const bar = (status: string) => page.locator(`.timeline a.${status}[aria-label^="Posted, critical"]`)
    await bar('firing').waitFor()
    await store(origin, [alert({ startsAt, labels, endsAt: new Date().toISOString() })])
    await bar('resolved').waitFor()
    t.equal(await bar('firing').count(), 0)
  })

  await t.test('keeps filters in the address, through a reload', async t => {
    await storeDay(origin)
    const rows = page.locator('.alerts tbody tr')
    await page.getByLabel('Severity').selectOption('critical')
    await page.getByLabel('Name').selectOption('HighErrorRate')
    await page.getByLabel('Label').fill('instance=web-1:8000')
    await page.getByLabel('Label').press('Enter')
    await page.waitForURL(/label=instance/)
    await page.locator('.timeline header p', { hasText: '1 alert' }).waitFor()
    t.match(
      Object.fromEntries(new URL(page.url()).searchParams),
      { severity: 'critical', name: 'HighErrorRate', label: 'instance=web-1:8000' }
    )
    await page.reload()
    await rows.first().waitFor()
    t.equal(await rows.count(), 1)
    t.equal(await page.getByLabel('Severity').inputValue(), 'critical')
    t.equal(await page.getByLabel('Label').inputValue(), 'instance=web-1:8000')
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await page.waitForURL(`${origin}/journal`)
    await rows.nth(10).waitFor()
  })

  await t.test('opens one alert with its labels and where it leads, if that is an address of the web', async t => {
    const labels = { alertname: 'TargetDown', severity: 'critical', hostile: '<img src=x onerror=alert(1)>' }
    const annotations = { summary: 'Down', dashboard_url: 'javascript:alert(1)' }
    await store(origin, [alert({ startsAt: new Date().toISOString(), labels, annotations })])
    await page.goto(`${origin}/journal?label=${encodeURIComponent(`hostile=${labels.hostile}`)}`)
    await page.locator('.alerts tbody a').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(labels.hostile).waitFor()
    const links = await dialog.getByRole('link').evaluateAll(links => links.map(link => [
      link.textContent,
      link.getAttribute('href')
    ]))
    t.strictSame(
      links,
      [
        ['Runbook', '/runbook#targetdown'],
        ['Its rule', 'http://prometheus:9090/graph?g0.expr=1'],
        ['Alertmanager', 'http://alertmanager:9093']
      ]
    )
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.waitForURL(url => !url.searchParams.has('alert'))
    await page.goBack()
    await dialog.getByRole('link', { name: 'Runbook' }).click()
    await page.waitForURL(`${origin}/runbook#targetdown`)
    await until(
      'the alert\'s place in the runbook',
      async () => await page.evaluate(
        'scrollY > 0 && document.querySelector("#targetdown")?.getBoundingClientRect().top < innerHeight'
      ),
      60
    )
  })

  await t.test('goes through pages by cursor', async t => {
    const startsAt = (n: number) => new Date(Date.now() - n * 1000).toISOString()
    await store(
      origin,
      Array.from(
        { length: 60 },
        (_, n) => alert({ startsAt: startsAt(n), labels: { alertname: 'Many', n: String(n) } })
      )
    )
    await page.goto(`${origin}/journal?name=Many`)
    const instances = async () =>
      await page.locator('.alerts tbody tr').evaluateAll(rows => rows.map(row => row.getAttribute('data-alert') ?? ''))
    const seen = new Set<string>()
    for (const [button, count] of [[undefined, 25], ['Older', 25], ['Older', 10]] as const) {
      if (button !== undefined) await page.getByRole('button', { name: button }).click()
      await until(`a page of ${count}`, async () => {
        const ids = await instances()
        return ids.length === count && ids.every(id => !seen.has(id))
      }, 60)
      for (const id of await instances()) seen.add(id)
    }
    t.equal(seen.size, 60)
    t.equal(await page.getByRole('button', { name: 'Older' }).isDisabled(), true)
  })

  t.strictSame(complaints, [], 'nothing in the console, and nobody else asked')
})
