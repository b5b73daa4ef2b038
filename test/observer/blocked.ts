import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Families } from '../fixtures/exposition.js'
import { startBareServer } from '../fixtures/bare-server.js'
import { blockers, startObserved, type Blocker, type Observed } from '../fixtures/observed.js'
import { until } from '../fixtures/until.js'

const value = (families: Families, name: string) => families.get(name)?.samples[0]?.value ?? NaN

interface Probed {
  status: number
  body: Record<string, unknown>
  /** Milliseconds that the answer took. */
  took: number
}

async function probe (origin: string, path: string): Promise<Probed> {
  const asked = performance.now()
  const response = await fetch(origin + path)
  const body = await response.json() as Record<string, unknown>
  return { status: response.status, body, took: performance.now() - asked }
}

const medianOf = (numbers: number[]) => [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? NaN

/**
 * Reads both ports while the event loop is blocked, until it is not, and in between a server that does nothing else.
 * Returns what the management port told.
 */
async function watch (t: Test, observed: Observed, bare: string, by: Blocker, ms: number) {
  const { main, management, scrape, block } = observed
  const state = { over: false, mainAnswers: 0 }
  const blocked = block(by, ms).then(() => { state.over = true })
  const readiness: Probed[] = []
  const liveness: Probed[] = []
  const stalled: number[] = []
  const ages: number[] = []
  const scrapes: number[] = []
  const others: number[] = []
  await sleep(200)
  const onMain = fetch(`${main}/health/live`).then(() => { if (!state.over) state.mainAnswers++ })
  while (!state.over) {
    readiness.push(await probe(management, '/health/ready'))
    liveness.push(await probe(management, '/health/live'))
    const asked = performance.now()
    const families = await scrape(management)
    scrapes.push(performance.now() - asked)
    stalled.push(value(families, 'nodejs_eventloop_stalled_seconds'))
    ages.push(value(families, 'metrics_main_age_seconds'))
    t.equal(value(families, 'orders_total'), 1, 'what prom-client holds is as it was told last')
    others.push((await probe(bare, '/')).took)
    if (!state.over) t.ok(value(families, 'http_requests_in_flight') >= 1, 'what is under way is told')
    await sleep(50)
  }
  await Promise.all([blocked, onMain])
  return { mainAnswers: state.mainAnswers, readiness, liveness, stalled, ages, scrapes, others }
}

const isStall = ({ msg }: Record<string, unknown>) => String(msg).startsWith('The event loop was blocked')

/** Starts one that a busy machine has not let wait so far as if it were blocked, for one stall a minute is named. */
async function startUnblocked (t: Test): Promise<Observed> {
  for (;;) {
    const observed = await startObserved(t, { observer: { stallMs: 1000, livenessBlockedMs: 1500 } })
    const { main, management, scrape, logged, stop } = observed
    await (await fetch(`${main}/work`)).text()
    await until('it to be told', async () => value(await scrape(management), 'orders_total') === 1)
    if (!logged().some(isStall)) return observed
    t.comment('it had to wait for the processor')
    await stop()
  }
}

async function check (t: Test, by: Blocker, ms: number) {
  const bare = await startBareServer(t)
  const observed = await startUnblocked(t)
  const { main, management, scrape, lineOf, logged } = observed
  const { mainAnswers, readiness, liveness, stalled, ages, scrapes, others } = await watch(t, observed, bare, by, ms)

  t.ok(readiness.length > 1, `${readiness.length} readings`)
  t.equal(mainAnswers, 0, 'the main port does not answer')
  const notReady = readiness.filter(({ status }) => status === 503)
  t.ok(notReady.length > 0)
  for (const { body } of notReady) t.match(body, { status: 'not_ready', reason: 'event_loop_blocked', seconds: Number })
  for (const { status, body: { stall } } of liveness) {
    const { seconds = 0 } = stall as { seconds?: number } | undefined ?? {}
    // It is told rounded.
    t.ok(status === 503 ? seconds >= 1.5 : seconds <= 1.5, `${status} after ${seconds} s`)
  }
  const notAlive = liveness.filter(({ status }) => status === 503)
  t.ok(notAlive.length > 0, 'and not alive after a while')
  for (const { body } of notAlive) {
    t.match(body, { status: 'not_alive', reason: 'event_loop_blocked', stall: { seconds: Number } })
  }
  t.ok(Math.max(...stalled) > ms / 2000, `${Math.max(...stalled)} s`)
  t.ok(Math.max(...ages) > ms / 2000, `what main told was ${Math.max(...ages)} s old`)
  const took = [...[...readiness, ...liveness].map(({ took }) => took), ...scrapes]
  const [answers, bareAnswers] = [medianOf(took), medianOf(others)]
  const most = Math.max(...took)
  t.comment(`${by}: ${answers.toFixed(1)} ms in the middle, ${most.toFixed(1)} at most; bare ${bareAnswers.toFixed(1)}`)
  // As nice as the observer, on the same machine at the same time, it waits for all but the event loop.
  t.ok(answers < 20 * bareAnswers, `${answers} ms, beside ${bareAnswers} ms: answers do not wait for main`)

  await until('it to be told', () => logged().some(isStall))
  const told = logged().filter(isStall)
  t.equal(told.length, 1)
  t.match(told[0], { function: by, file: 'blocked.mjs', line: lineOf(by) }, JSON.stringify(told[0]))
  // Between two calls into native code there is time for a sample, unless there is one call only.
  if (by === 'synchronousIo') t.match(told[0], { afterNative: true, msg: / in native code that returned to / })
  if (by === 'busyLoop') t.notOk('afterNative' in (told[0] as object))
  const { body } = await probe(management, '/health/live')
  t.notOk('stall' in body, 'none is under way')
  t.match(body, {
    status: 'alive',
    stalls: [{ function: by, file: 'blocked.mjs', line: lineOf(by), seconds: Number }]
  })
  await until('readiness', async () => (await probe(management, '/health/ready')).status === 200)
  for (const origin of [main, management]) {
    await until(
      'all to be as before',
      async () => value(await scrape(origin), 'nodejs_eventloop_stalled_seconds') === 0
    )
    const families = await scrape(origin)
    t.equal(value(families, 'orders_total'), 1)
    t.equal(families.get('nodejs_eventloop_stall_duration_seconds')?.samples.at(-1)?.value, 1)
  }
  t.equal(await observed.stop(), 0)
}

for (const by of Object.keys(blockers) as Blocker[]) {
  t.test(`while ${by} blocks the event loop, the management port names it`, async t => { await check(t, by, 3000) })
}

for (const by of ['busyLoop', 'synchronousIo'] as const) {
  t.test(`a stall by ${by} is told on standard error while it lasts`, async t => {
    const { management, block, lineOf, told } = await startObserved(
      t,
      { observer: { stallMs: 500, livenessBlockedMs: 600 } }
    )
    block(by, 30_000).catch(() => {})
    await until('it to be told', () => told().includes('\n'))
    const { body } = await probe(management, '/health/live')
    t.match(body, { reason: 'event_loop_blocked', stall: { seconds: Number }, stalls: [] }, 'it lasts')
    t.match(told(), /^fastify-vitals: the event loop has been blocked for \d+\.\d s( in busyLoop .*)?\n$/)
    // V8 does not answer while it waits for a system call.
    if (by === 'synchronousIo') return
    await until('the place', async () => {
      const { body } = await probe(management, '/health/live')
      return (body['stall'] as { function?: string } | undefined)?.function !== undefined
    })
    t.match((await probe(management, '/health/live')).body, {
      stall: { function: by, file: 'blocked.mjs', line: lineOf(by), share: Number, samples: Number, seconds: Number }
    })
  })
}
