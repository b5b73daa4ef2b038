import { join } from 'node:path'
import t from 'tap'
import { axeFinds, openTab, overflowOf, startBrowser } from '../fixtures/browser.js'
import { storeDay } from '../fixtures/alert-history.js'
import { startLoad } from '../fixtures/load.js'
import { startPostgres } from '../fixtures/postgres.js'
import { havePrograms } from '../fixtures/programs.js'
import { startService } from '../fixtures/service.js'

/** A directory that screenshots of all that is looked at here go to. */
const shots = process.env['SCREENSHOTS']

const places = [
  { name: 'now', path: '/', ready: '[data-lines=routes] .sparkline polyline' },
  { name: 'journal', path: '/journal', ready: 'tr[data-alert]' },
  {
    name: 'alert',
    path: '/journal?name=HeapGrowing',
    ready: 'tr[data-alert] a',
    opens: 'dialog[open] dl.pairs >> nth=0'
  },
  { name: 'runbook', path: '/runbook#highresponsetime', ready: '.runbook nav a' }
]

/** Each width with each theme and each language, and each theme with each language. */
const looks = [
  [1280, 900, 'light', 'en'],
  [1280, 900, 'dark', 'ko'],
  [390, 844, 'dark', 'en'],
  [390, 844, 'light', 'ko']
] as const

t.test('each view of the page, in both languages and themes, is legible by axe and fits phone and desk', async t => {
  if (!havePrograms(t, 'chromium')) return
  const { url } = await startPostgres(t)
  const { origin } = await startService(t, { DATABASE_URL: url, HEALTH_TIMEOUT_MS: '10000' })
  await storeDay(origin)
  startLoad(t, origin, { connections: 4, pause: 200, writes: 0 })
  const browser = await startBrowser(t)

  await Promise.all(places.map(async ({ name, path, ready, opens }) => {
    const { page, complaints } = await openTab(browser, [origin])
    await page.goto(origin + path)
    await page.locator(ready).first().waitFor()
    if (opens !== undefined) {
      await page.locator(ready).first().click()
      await page.locator(opens).waitFor()
    }
    for (const [width, height, theme, language] of looks) {
      await page.setViewportSize({ width, height })
      // By hand would close what is open over the page.
      await page.evaluate(`(${choose})(${JSON.stringify({ language, theme })})`)
      await page.locator(`html[lang=${language}][data-theme=${theme}]`).waitFor()
      const what = [name, width, theme, language].join('-')
      t.strictSame(await axeFinds(page), [], `axe finds nothing: ${what}`)
      t.equal(await overflowOf(page), 0, `it fits: ${what}`)
      if (shots !== undefined) {
        await page.screenshot({
          path: join(shots, `${what}.png`),
          fullPage: opens === undefined && name !== 'runbook'
        })
      }
    }
    t.strictSame(complaints, [], `${name}: nothing in the console, and nobody else asked`)
    await page.context().close()
  }))
})

/** Runs in the page. */
const choose = `({ language, theme }) => {
  const [languages, themes] = document.querySelectorAll('.looks select')
  for (const [select, value] of [[languages, language], [themes, theme]]) {
    select.value = value
    select.dispatchEvent(new Event('change', { bubbles: true }))
  }
}`
