import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import metrics from '../../plugins/metrics.js'
import page from '../../plugins/page.js'
import postgres from '../../plugins/postgres.js'
import { store } from '../fixtures/alert-history.js'
import { alert } from '../fixtures/alertmanager.js'
import { openTab, startBrowser } from '../fixtures/browser.js'
import { startLoad } from '../fixtures/load.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort, havePrograms } from '../fixtures/programs.js'
import { preload, startService, unhurried } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const stuck = 'process.on("SIGWINCH", () => { parseReport() }); ' +
  'function parseReport () { for (const end = performance.now() + 3000; performance.now() < end;); }'
const charts = 8
const patience = 60
let started: ReturnType<typeof startBrowser> | undefined
const browserOfAll = async () => await (started ??= startBrowser(t))

t.test('how a service under load is doing, in a browser', async t => {
  if (!havePrograms(t, 'chromium')) return
  const { url } = await startPostgres(t)
  const port = await freePort()
  const managementPort = await freePort()
  const environment = {
    DATABASE_URL: url,
    ...unhurried,
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    NODE_OPTIONS: await preload(t, stuck)
  }
  const service = await startService(t, environment)
  const { origin } = service
  startLoad(t, origin, { connections: 4, pause: 100, writes: 0.1 })
  const browser = await browserOfAll()
  const { page, complaints } = await openTab(browser, [origin, `http://localhost:${managementPort}`])
  await page.goto(`${origin}/`)
  const happened = (kind: string) => page.locator(`.happened li[data-kind=${kind}]`).first()

  await t.test('each chart moves, and the tables name routes and queries', async t => {
    const seen = new Map<string, Set<string>>()
    await until('each chart to move', async () => {
      for (const { title, legend } of await page.locator('.chart').evaluateAll(charts => charts.map(chart => (
        {
          title: chart.getAttribute('data-chart') ?? '',
          legend: [...chart.querySelectorAll('[data-column]')].map(value => value.textContent).join()
        }
      )))) seen.set(title, (seen.get(title) ?? new Set()).add(legend))
      return seen.size === charts &&
        [...seen.values()].every(legends => [...legends].filter(legend => /\d/.test(legend)).length > 1)
    }, patience)
    await page.locator('[data-lines=routes] tr', { hasText: 'POST' }).filter({ hasText: '/api/alerts' }).waitFor()
    await page.locator('[data-lines=queries] tr', { hasText: 'list_alerts' }).waitFor()
    await page.locator('.status.good h2', { hasText: 'Healthy' }).waitFor()
    t.match(await page.locator('.facts').textContent(), /up \d.*Node\.js v\d/)
  })

  await t.test('a moment that is pointed at on one chart is shown on all, by mouse and by keyboard', async t => {
    const cursors = async () => await page.locator('.chart .u-cursor-x').evaluateAll(
      lines => lines.map(line => line.getAttribute('style')?.match(/translate\((\d+)/)?.[1] ?? '')
    )
    const plot = page.locator('.chart .u-over').first()
    const { width = 0 } = await plot.boundingBox() ?? {}
    const onEach = async () => (await cursors()).filter(x => Number(x) > 10).length === charts
    // Again where the page has moved below the mouse meanwhile.
    await until('a line on each chart', async () => {
      await plot.hover({ position: { x: Math.round(width * 0.9), y: 20 } })
      return await onEach()
    }, patience)
    await page.mouse.move(0, 0)
    await until('no line', async () => !await onEach(), patience)
    await page.locator('.chart').nth(3).focus()
    await page.keyboard.press('ArrowLeft')
    await until('a line on each chart', onEach, patience)
  })

  await t.test('a stall of the event loop is told while it lasts, and then what it was stuck on', async t => {
    const named = happened('stall').filter({ hasText: 'parseReport' })
    const told = page.locator('.status.bad h2', { hasText: 'Event loop stuck for' })
    let seen = false
    // The page may ask just before and just after one, and the service looks into one a minute.
    for (let n = 0; n < 6 && !(seen && await named.count() > 0); n++) {
      service.process.kill('SIGWINCH')
      if (!seen) seen = await told.waitFor({ timeout: 8000 }).then(() => true, () => false)
      await page.locator('.status.good').waitFor()
      if (await named.count() === 0) await named.first().waitFor({ timeout: seen ? 65_000 : 5000 }).catch(() => {})
    }
    t.ok(seen, 'while it lasts')
    t.match(await named.first().textContent(), /was stuck for .* in parseReport/)
  })

  await t.test('an alert that fires is marked and counted, and leads to the journal', async t => {
    await store(
      origin,
      [alert({ startsAt: new Date().toISOString(), labels: { alertname: 'Provoked', severity: 'critical' } })]
    )
    await happened('alert').getByRole('link', { name: 'Provoked' }).waitFor()
    await page.getByRole('link', { name: /alerts? firing/ }).click()
    await page.locator('.timeline a.firing[aria-label^="Provoked"]').waitFor()
    await page.getByRole('link', { name: 'Now' }).click()
  })

  await t.test('what was seen is still there after a reload', async t => {
    await page.reload()
    await happened('stall').first().waitFor()
    await happened('alert').waitFor()
    t.match(await page.locator('.happened').textContent(), /stuck/)
  })

  t.strictSame(complaints.filter(each => !isOverload(each)), [], 'nothing in the console, and nobody else asked')

  await t.test('a restart is marked, and the numbers go on', async t => {
    await service.stop()
    await page.locator('.status.bad h2', { hasText: 'No answer' }).waitFor()
    const again = await startService(t, environment)
    t.equal(again.origin, origin)
    await happened('restart').waitFor()
    await page.locator('.status.good').waitFor()
  })
})

t.test('a service with a token asks for it once, and keeps it in memory only', async t => {
  if (!havePrograms(t, 'chromium')) return
  const { url } = await startPostgres(t)
  const { origin } = await startService(t, { DATABASE_URL: url, MANAGEMENT_TOKEN: 'open-sesame' })
  const browser = await browserOfAll()
  const { page } = await openTab(browser, [origin])
  await page.goto(`${origin}/`)
  await page.getByRole('textbox', { name: 'Token' }).fill('wrong')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByText('That is not the token.').waitFor()
  await page.getByRole('textbox', { name: 'Token' }).fill('open-sesame')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.locator('.status.good').waitFor()
  const kept = await page.evaluate(
    'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])'
  ) as string
  t.notMatch(kept, /sesame/)
  await page.getByRole('link', { name: 'Journal' }).click()
  await page.getByRole('link', { name: 'Now' }).click()
  await page.locator('.status.good').waitFor()
  await page.reload()
  await page.getByRole('textbox', { name: 'Token' }).waitFor()
})

t.test('a chart of what nobody asked for keeps its place and says so, until somebody does', async t => {
  if (!havePrograms(t, 'chromium')) return
  const { url } = await startPostgres(t)
  const app: FastifyInstance = Fastify({ forceCloseConnections: true })
  t.teardown(async () => { await app.close() })
  // What the page asks for itself is left out.
  await app.register(metrics, { observer: false, excludeRoutes: ['/', /^\/(assets|favicon)/] })
  await app.register(postgres, { url })
  await app.register(page)
  app.get('/things', async () => await app.sql`/* list_things */ select 1`)
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const { page: tab, complaints } = await openTab(await browserOfAll(), [origin])
  await tab.goto(`${origin}/`)
  const told = (chart: string) => tab.locator(`.chart[data-chart=${chart}] .plot .empty`)
  await told('executing95').getByText('No query in this time.').waitFor()
  await told('p95').getByText('No request in this time.').waitFor()
  t.equal(await tab.locator('.chart').count(), charts)
  t.equal(await tab.locator('.plot .empty').count(), 2)
  await fetch(`${origin}/things`)
  for (const chart of ['executing95', 'p95']) {
    await told(chart).waitFor({ state: 'detached' })
    t.match(await tab.locator(`[data-column=${chart}]`).textContent(), /\d/)
  }
  t.strictSame(complaints, [])
})

/** A browser tells of each answer that is 503, which a service gives while it sheds load. */
function isOverload (complaint: string): boolean {
  return complaint.includes('the server responded with a status of 503')
}
