import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { long, quantile, report, startSubject } from '../fixtures/faults.js'
import { startPostgres } from '../fixtures/postgres.js'
import { unhurried } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const seconds = long ? 60 : 4
const turn = 2
const perSecond = 10

t.test('two scrapers at 10 per second each do not disturb requests', async t => {
  const { url } = await startPostgres(t)
  const subject = await startSubject(t, url, { connections: 4, pause: 5, environment: unhurried })
  const { service, load } = subject
  let scraping = false
  let scrapes = 0
  let expected = 0
  const stopped = new AbortController()
  const agent = new Agent({ keepAlive: true })
  // As little work as can be, for this process also measures.
  const scrape = async () => await new Promise<void>((resolve, reject) => {
    get(`${service.origin}/metrics/`, { agent }, response => {
      if (response.statusCode === 200) scrapes++
      response.on('end', resolve).resume()
    }).on('error', reject)
  })
  const scrapers = Promise.all([1, 2].map(async () => {
    for (let due = performance.now(); !stopped.signal.aborted; due += 1000 / perSecond) {
      await sleep(Math.max(0, due - performance.now()))
      if (scraping) await scrape()
    }
  }))

  // In turns, so that what else the machine does falls on both alike.
  const times: Record<'with' | 'without', number[]> = { with: [], without: [] }
  for (let at = 0; at < 2 * seconds; at += turn) {
    scraping = !scraping
    const from = load.answers.length
    await sleep(turn * 1000)
    if (scraping) {
      expected += 0.9 * 2 * perSecond * turn
      await until(`${expected} scrapes`, () => scrapes >= expected)
    }
    times[scraping ? 'with' : 'without'].push(...load.answers.slice(from).map(({ milliseconds }) => milliseconds))
  }
  stopped.abort()
  await scrapers
  agent.destroy()
  // Beside other tests the slowest of few requests are those that waited for the processor.
  const most = long ? { part: 0.99, ratio: 1.1 } : { part: 0.5, ratio: 2 }
  const [without, with_] = [quantile(times.without, most.part), quantile(times.with, most.part)]
  t.ok(with_ <= most.ratio * without, `${most.part} of requests within ${with_} ms, and ${without} ms without scrapes`)
  const outcome = await subject.finish(t)
  t.strictSame(outcome.failed, {})
  await report(t, '15-scrapers', {
    fault: 'Two scrapers at 10 per second for a minute',
    ...outcome,
    seen: `${scrapes} scrapes; ${most.part * 100} % of requests were answered within ${with_.toFixed(1)} ms, ` +
      `and ${without.toFixed(1)} ms without them: ${(with_ / without).toFixed(2)} ×`,
    promised: "Requests' p99 is not more than 1.1 × that without"
  })
})
