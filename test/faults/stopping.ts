import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createClient } from '../../src/postgres/client/client.js'
import { payload } from '../fixtures/alertmanager.js'
import { report } from '../fixtures/faults.js'
import { missing, startLoad, type Load } from '../fixtures/load.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort } from '../fixtures/programs.js'
import { preload, startService, unhurried } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const post = async (origin: string) => await fetch(`${origin}/api/alerts`, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload())
})
const status = async (url: string) => (await fetch(url)).status

/**
 * Ends a load, and checks that all that was accepted was answered with 200, and that what was is stored. After a time,
 * by `performance.now()`, connections that are kept alive are closed, and no more accepted: the system resets those
 * that it has made and nobody accepted. What was sent before then is accepted.
 */
async function end (t: Test, url: string, load: Load, closedAfter: number) {
  const { refused: _, crossed = 0, ECONNRESET: unaccepted = 0, ...outcomes } = await load.stop()
  const reset = load.answers.filter(({ outcome }) => outcome === 'crossed' || outcome === 'ECONNRESET')
  const early = reset.filter(({ at, milliseconds }) => at - milliseconds < closedAfter)
  t.strictSame(early, [], `${crossed + unaccepted} came too late`)
  t.strictSame(Object.keys(outcomes), ['200'], JSON.stringify(outcomes))
  const sql = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await sql.end() })
  const lost = await missing(sql, load.stored())
  t.strictSame(lost, [])
  const { 200: requests = 0, ...failed } = outcomes
  return { requests, failed, lost: lost.length }
}

const phaseIn = (metrics: string) => /^service_phase{phase="(.*)"} 1$/m.exec(metrics)?.[1] ?? 'none'

/**
 * Asks for metrics and readiness until nobody answers. Returns the phases and statuses that were seen, when the last
 * was, and the milliseconds that the slowest look took.
 */
async function watchPhases (origin: string) {
  const phases = new Set<string>()
  const readiness = new Set<number>()
  let lastAt = performance.now()
  let slowest = 0
  try {
    for (;;) {
      const began = performance.now()
      const metrics = await (await fetch(`${origin}/metrics/`)).text()
      phases.add(phaseIn(metrics))
      readiness.add(await status(`${origin}/health/ready/`))
      lastAt = performance.now()
      slowest = Math.max(slowest, lastAt - began)
      await sleep(10)
    }
  } catch {
    return { phases, readiness, lastAt, slowest }
  }
}

t.test('on SIGTERM', async t => {
  const { url } = await startPostgres(t)

  t.test('it is not ready first, serves on, finishes what is under way, and exits with 0', async t => {
    const MANAGEMENT_PORT = String(await freePort())
    const service = await startService(
      t,
      {
        ...unhurried,
        DATABASE_URL: url,
        SHUTDOWN_DRAIN_MS: '4000',
        SHUTDOWN_TIMEOUT_MS: '120000',
        SHUTDOWN_REQUESTS_TIMEOUT_MS: '60000',
        HEALTH_KEEP_MS: '0',
        MANAGEMENT_PORT
      }
    )
    const sql = createClient({ url, poolSize: 2 })
    t.teardown(async () => { await sql.end({ timeout: 1 }) })
    const locker = await sql.reserve()
    await locker`begin`
    await locker`lock table alerts`
    const underWay = post(service.origin)
    await until(
      'the request to wait for it',
      async () => (await sql`select from pg_stat_activity where wait_event_type = 'Lock' and
        query like '/* known_alerts */%'`).length > 0
    )

    const stopped = service.stop()
    let [readiness, liveness] = [new Response(), new Response()]
    await until('readiness to be off', async () => {
      const probes = ['ready', 'live'].map(async probe => await fetch(`${service.origin}/health/${probe}/`));
      [readiness, liveness] = await Promise.all(probes) as [Response, Response]
      return readiness.status === 503
    })
    t.same(await readiness.json(), { status: 'not_ready', reason: 'shutting_down' })
    t.equal(liveness.status, 200)
    await until('the server to close', async () => await fetch(service.origin).then(() => false, () => true))
    const management = `http://127.0.0.1:${MANAGEMENT_PORT}`
    const phase = async () => phaseIn(await (await fetch(`${management}/metrics/`)).text())
    await until('that to be told', async () => await phase() === 'closing')
    await locker`commit`
    locker.release()
    t.equal((await underWay).status, 200)
    t.equal(await stopped, 0)
  })

  t.test('no accepted request of a client with keep-alive fails, and each answered alert is stored', async t => {
    const drain = 4000
    const MANAGEMENT_PORT = String(await freePort())
    const service = await startService(t, {
      ...unhurried,
      DATABASE_URL: url,
      SHUTDOWN_DRAIN_MS: String(drain),
      MANAGEMENT_PORT
    })
    const load = startLoad(t, service.origin, { connections: 16 })
    await until('the load to be under way', () => (load.outcomes()['200'] ?? 0) > 200)
    const signalledAt = performance.now()
    const watched = watchPhases(`http://127.0.0.1:${MANAGEMENT_PORT}`)
    t.equal(await service.stop(), 0)
    const exitedAt = performance.now()
    const { phases, readiness, lastAt, slowest } = await watched
    const inOrder = ['running', 'draining', 'closing', 'ended'].filter(phase => phases.has(phase))
    t.strictSame([...phases], inOrder, 'phases show in their order')
    t.ok(phases.has('draining'))
    t.strictSame([...readiness].filter(status => status !== 200), [503])
    t.ok(
      exitedAt - lastAt < 500 + 3 * slowest,
      `metrics answered until ${exitedAt - lastAt} ms before it exited, and each within ${slowest} ms`
    )
    const seconds = (exitedAt - signalledAt) / 1000
    await until('the load to find nobody who listens', () => (load.outcomes()['refused'] ?? 0) > 0)
    const outcome = await end(t, url, load, signalledAt + drain)
    await report(t, '17-sigterm', {
      fault: 'SIGTERM under a load of 16 connections that are kept alive',
      ...outcome,
      seen: `it exited with 0 after ${seconds.toFixed(1)} s, ${drain / 1000} s of which it was draining; ` +
        `the management port answered until ${Math.round(exitedAt - lastAt)} ms before`,
      promised: 'No request that was accepted fails; ' +
        'on the management port, metrics and probes answer until the last moment'
    })
  })

  t.test('a second signal stops it at once', async t => {
    const service = await startService(t, {
      DATABASE_URL: url,
      SHUTDOWN_DRAIN_MS: '60000',
      SHUTDOWN_TIMEOUT_MS: '90000'
    })
    const stopped = service.stop()
    await until('readiness to be off', async () => await status(`${service.origin}/health/ready/`) === 503)
    await sleep(300)
    service.process.kill('SIGTERM')
    t.equal(await stopped, 1)
    t.match(service.told(), /stopping at once \(SIGTERM again\)/)
  })

  t.test('what does not end in time is broken off', async t => {
    const service = await startService(t, {
      DATABASE_URL: url,
      SHUTDOWN_REQUESTS_TIMEOUT_MS: '500',
      DATABASE_CLOSE_TIMEOUT_SECONDS: '0.5'
    })
    const { port } = new URL(service.origin)
    const stuck = connect(Number(port), '127.0.0.1').on('error', () => {})
    stuck.write('POST /api/alerts HTTP/1.1\r\nHost: ')
    await once(stuck, 'connect')
    t.equal(await service.stop(), 0)
    t.ok(stuck.destroyed || await once(stuck, 'close'))
  })
})

t.test('on an uncaught exception it logs, is not ready, finishes what is under way, and exits with 1', async t => {
  const { url } = await startPostgres(t)
  // Between starting and serving there is no other way in.
  const NODE_OPTIONS = await preload(t, 'process.on("SIGWINCH", () => { throw new Error("out of the blue") })')
  const service = await startService(t, { ...unhurried, DATABASE_URL: url, SHUTDOWN_DRAIN_MS: '4000', NODE_OPTIONS })
  const load = startLoad(t, service.origin, { connections: 4 })
  await until('the load to be under way', () => (load.outcomes()['200'] ?? 0) > 50)
  const exited = once(service.process, 'exit')
  const signalledAt = performance.now()
  service.process.kill('SIGWINCH')
  await until('readiness to be off', async () => await status(`${service.origin}/health/ready/`) === 503)
  service.process.kill('SIGWINCH')
  t.same(await exited, [1, null])
  t.match(
    service.told(),
    /unexpected exception \(uncaughtException\): Error: out of the blue\n[^]*stopping \(after an exception\)[^]*stopped/
  )
  t.match(service.logged(), /"level":60.*"message":"out of the blue".*"msg":"Unexpected exception: the service stops"/)
  const outcome = await end(t, url, load, signalledAt + 4000)
  await report(t, '18-exception', {
    fault: 'An exception that nobody caught, and a second one while stopping',
    ...outcome,
    seen: 'it was logged, readiness went off, what was under way was finished, and it exited with 1',
    promised: 'It stops by the same road, with exit code 1'
  })
})
