import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { long, quantile, report, startSubject } from '../fixtures/faults.js'
import { startNetwork } from '../fixtures/network.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

t.test('a bad network between the service and its database', async t => {
  const postgres = await startPostgres(t)
  const network = await startNetwork(t, postgres.url)
  const [acquire, execute] = [500, 1000]
  const environment = { DATABASE_ACQUIRE_TIMEOUT_MS: String(acquire), DATABASE_QUERY_TIMEOUT_MS: String(execute) }
  const subject = await startSubject(t, network.url, { direct: postgres.url, environment })
  const { load, metric, readiness } = subject
  const seconds = async (times: number) => { await sleep(times * (long ? 5000 : 1000)) }

  network.delay(40)
  const delayed = load.answers.length
  await seconds(1)
  await until('requests to be answered', () => load.answers.length > delayed + 40)
  const slow = quantile(load.answers.slice(-20).map(({ milliseconds }) => milliseconds), 0.5)
  const slowestWell = Math.max(...load.answers.map(({ milliseconds }) => milliseconds))
  t.ok(slow >= 80, `a request took ${slow} ms with 40 ms in each direction`)

  for (let i = 0; i < (long ? 10 : 3); i++) {
    network.cut()
    await sleep(300)
  }
  const stalledAt = performance.now()
  network.stall()
  await seconds(3)
  network.resume()
  await seconds(1)
  network.hangUp()
  network.cut()
  await seconds(1)
  network.resume()
  network.delay(0)
  const resumedAt = performance.now()
  await readiness.until(resumedAt, 200)
  const answered = load.answers.length
  await until(
    'all to be served',
    () => load.answers.length > answered + 50 && load.answers.slice(-50).every(({ outcome }) => outcome === '200')
  )

  const slowest = Math.max(...load.answers.map(({ milliseconds }) => milliseconds))
  t.ok(
    slowest < acquire + execute + 1500 + 5 * slowestWell,
    `the slowest request was answered after ${slowest} ms, and before after ${slowestWell} ms`
  )
  const lost = await metric('db_connections_closed_total')
  t.ok(network.open <= 12, `${network.open} connections are open`)
  await report(t, '11-network', {
    fault: 'A bad network to the database: 40 ms of latency, cuts, nothing passing for 15 s, a proxy that hangs up',
    noticed: readiness.seconds(stalledAt, 503),
    recovered: readiness.seconds(resumedAt, 200),
    ...await subject.finish(t),
    seen: `${lost} connections were lost and replaced; ` +
      `the slowest request was answered after ${(slowest / 1000).toFixed(1)} s, ` +
      `with deadlines of ${acquire / 1000} s and ${execute / 1000} s`,
    promised: 'Requests get 503 by their deadline; ' +
      'a connection that does not answer is replaced; all is well once the network is'
  })
})
