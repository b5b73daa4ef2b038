import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { storeDay } from '../fixtures/alert-history.js'
import { openTab, startBrowser } from '../fixtures/browser.js'
import { startLoad } from '../fixtures/load.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort } from '../fixtures/programs.js'
import { preload, startService } from '../fixtures/service.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pictures = 'test/page/pictures'
const stuck = 'process.on("SIGWINCH", () => { parseReport() }); ' +
  'function parseReport () { for (const end = performance.now() + 3000; performance.now() < end;); }'
const size = { width: 1280, height: 860 }

t.test('the pictures in the READMEs are there, and small', async t => {
  for (const name of ['README.md', 'README.ko.md']) {
    const shown = [
      ...(await readFile(join(root, name), 'utf8')).matchAll(/\((test\/page\/pictures\/[^)]+)\)/g)
    ].map(([, path]) => path as string)
    t.ok(shown.length > 0, name)
    for (const path of shown) t.ok((await stat(join(root, path))).size < 200_000, path)
  }
})

// Minutes of a live service under load, for pictures that have something to show: npm run pictures.
if (process.env['TAP_SNAPSHOT'] === '1') {
  t.test('they are taken from a live service', async t => {
    const { url } = await startPostgres(t)
    const service = await startService(t, {
      DATABASE_URL: url,
      MANAGEMENT_PORT: String(await freePort()),
      NODE_OPTIONS: await preload(t, stuck)
    })
    const { origin } = service
    await storeDay(origin)
    startLoad(t, origin, { connections: 3, pause: 40, writes: 0 })
    const browser = await startBrowser(t)
    const now = await openTab(browser, [origin], size)
    await now.page.goto(`${origin}/`)
    await sleep(45_000)
    service.process.kill('SIGWINCH')
    await now.page.locator('.happened li[data-kind=stall]', { hasText: 'parseReport' }).waitFor()
    await sleep(45_000)
    await now.page.screenshot({ path: join(root, pictures, 'now.png') })

    const journal = await openTab(browser, [origin], { ...size, theme: 'dark' })
    await journal.page.goto(`${origin}/journal`)
    await journal.page.locator('tr[data-alert]').first().waitFor()
    await journal.page.screenshot({ path: join(root, pictures, 'journal.png') })

    const korean = await openTab(browser, [origin], { ...size, theme: 'dark', language: 'ko' })
    await korean.page.goto(`${origin}/journal`)
    await korean.page.locator('tr[data-alert]').first().waitFor()
    await korean.page.screenshot({ path: join(root, pictures, 'journal.ko.png') })
  })
}
