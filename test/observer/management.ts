import { execFile } from 'node:child_process'
import { get } from 'node:http'
import type { Profiler } from 'node:inspector'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { faultsIn } from '../fixtures/cpu-profile.js'
import { parse } from '../fixtures/exposition.js'
import { startObserved } from '../fixtures/observed.js'
import { until } from '../fixtures/until.js'

t.test('a CPU profile is for who has the token, one at a time', async t => {
  const { management, block, main } = await startObserved(t, { token: 'a token' })
  const headers = { authorization: 'Bearer a token' }
  const url = `${management}/debug/profile`
  t.equal((await fetch(url)).status, 401)
  t.equal((await fetch(`${management}/metrics`)).status, 401)
  for (const seconds of ['0', '61', 'x', '-1']) {
    const refused = await fetch(`${url}?seconds=${seconds}`, { headers })
    t.equal(refused.status, 400)
    t.match(await refused.json(), { code: 'INVALID_SECONDS', message: new RegExp(`seconds is "${seconds}"`) })
  }
  const blocked = block('busyLoop', 3000)
  const first = fetch(`${url}?seconds=1`, { headers })
  await until('another to be refused', async () => (await fetch(`${url}?seconds=0.1`, { headers })).status === 409)
  const taken = await first
  t.match(taken.headers.get('content-disposition'), /\.cpuprofile"$/)
  const profile = await taken.json() as Profiler.Profile
  t.strictSame(faultsIn(profile), [])
  t.ok((profile.endTime - profile.startTime) / 1e6 >= 1, 'seconds')
  t.ok(profile.nodes.some(({ callFrame }) => callFrame.url.endsWith('/blocked.mjs')))
  await blocked
  t.equal((await fetch(`${main}/work`)).status, 200)
})

t.test('without a token there are no profiles, and only what there is can be asked for', async t => {
  const { management, stop } = await startObserved(t)
  for (const path of ['/debug/profile', '/', '/metrics/x', '/docs']) {
    const response = await fetch(management + path)
    t.equal(response.status, 404, path)
    t.match(await response.json(), { code: 'NOT_FOUND', message: /\/health\/ready/ })
  }
  t.equal((await fetch(`${management}/metrics`, { method: 'POST' })).status, 405)
  t.equal((await fetch(`${management}/health`, { method: 'HEAD' })).status, 200)
  const { headers } = await fetch(`${management}/health`)
  t.equal(headers.get('keep-alive'), 'timeout=72', 'a connection is kept from one scrape to the next')
  t.equal(await stop(), 0)
  await t.rejects(fetch(management))
})

const twoApps = `
const root = ${JSON.stringify(fileURLToPath(new URL('../..', import.meta.url)))}
const { default: metrics } = await import(root + 'dist/plugins/metrics.js')
const Fastify = createRequire(root + 'package.json')('fastify')
async function build (route) {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(metrics)
  app.get(route, async () => 'done')
  const { port } = await app.metrics.observer.listen({ host: '127.0.0.1', port: 0 })
  await app.inject(route)
  return { app, origin: 'http://127.0.0.1:' + port }
}
const [one, other] = [await build('/one'), await build('/other')]
const read = async ({ origin }) => await (await fetch(origin + '/metrics')).text()
const routes = async app => [...new Set((await read(app)).match(/route="[^"]*"/g))]
const ports = process.getActiveResourcesInfo().filter(name => name === 'MessagePort').length
const told = [await routes(one), await routes(other), ports]
await one.app.close()
told.push(await fetch(one.origin).then(() => 'open', () => 'closed'), await routes(other))
told.push((await other.app.inject('/metrics')).body.includes('metrics_observer_up 1'))
await other.app.close()
told.push(await fetch(other.origin).then(() => 'open', () => 'closed'))
console.log(JSON.stringify(told))
`

t.test('apps of one process share the observer, each with its metrics and port; it ends with the last', async t => {
  const program = ['--input-type=module', '--eval', `import { createRequire } from 'node:module'${twoApps}`]
  const { stdout } = await promisify(execFile)(process.execPath, program, { env: {}, timeout: 60_000 })
  t.match(
    JSON.parse(stdout),
    [['route="/one"'], ['route="/other"'], Number, 'closed', ['route="/other"'], true, 'closed']
  )
})

t.test('what is read while it is written agrees', async t => {
  const { management, main } = await startObserved(t)
  const stop = new AbortController()
  const writing = (async () => {
    while (!stop.signal.aborted) {
      await Promise.all(Array.from({ length: 20 }, async () => await (await fetch(`${main}/work`)).text()))
    }
  })()
  let counted = 0
  for (let reading = 0; reading < 40; reading++) {
    const text = await new Promise<string>((resolve, reject) => {
      get(`${management}/metrics`, response => {
        let text = ''
        response.setEncoding('utf8').on('data', data => { text += data }).on('end', () => { resolve(text) })
      }).on('error', reject)
    })
    for (const { labels: { le, route }, name, value } of parse(text).get('http_request_duration_seconds')?.samples ??
      []) {
      if (route !== '/work') continue
      if (name.endsWith('_bucket') && le === '+Inf') {
        t.ok(value >= counted, `${value} after ${counted}`)
        counted = value
      }
      if (name.endsWith('_count')) t.equal(value, counted)
    }
  }
  t.ok(counted > 0)
  stop.abort()
  await writing
})
