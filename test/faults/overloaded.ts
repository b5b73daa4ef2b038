import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { long, report, startSubject, watch } from '../fixtures/faults.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort } from '../fixtures/programs.js'
import { preload, unhurried } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

const seconds = long ? 10 : 3

t.test('the service itself', async t => {
  const { url } = await startPostgres(t)

  await t.test(`whose event loop is blocked for ${seconds} s`, async t => {
    const block = 'function sumOrders () ' +
      `{ for (const end = performance.now() + ${seconds * 1000}; performance.now() < end;); }; ` +
      'process.on("SIGWINCH", sumOrders)'
    const NODE_OPTIONS = await preload(t, block)
    const MANAGEMENT_PORT = String(await freePort())
    const subject = await startSubject(
      t,
      url,
      {
        environment: {
          ...unhurried,
          NODE_OPTIONS,
          MANAGEMENT_PORT,
          STALL_MS: String(seconds * 450),
          LIVENESS_BLOCKED_MS: String(seconds * 500),
          LOG_LEVEL: 'warn'
        }
      }
    )
    const { service, load, metric } = subject
    const operators = `http://127.0.0.1:${MANAGEMENT_PORT}`
    const readiness = watch(t, `${operators}/health/ready`)
    const liveness = watch(t, `${operators}/health/live`)
    await readiness.until(performance.now(), 200)
    const stalls = async () => await metric('nodejs_eventloop_stall_duration_seconds_count')
    // On a busy machine the first requests, which compile schemas, are a stall, too, and one a minute is looked into.
    await until('both kinds of requests to be served', () => load.stored().length > 20)
    if (await stalls() > 0) await sleep(60_000)
    const before = await stalls()
    const logged = service.logged().length

    const blockedAt = performance.now()
    service.process.kill('SIGWINCH')
    await readiness.until(blockedAt, 503)
    const noticed = readiness.seconds(blockedAt, 503) as number
    await liveness.until(blockedAt, 503)
    const stalled = /^nodejs_eventloop_stalled_seconds (\S+)$/m.exec(
      await (await fetch(`${operators}/metrics`)).text()
    )?.[1]
    t.ok(Number(stalled) >= seconds * 0.4, `${stalled} s, told while it lasts`)
    await readiness.until(blockedAt + noticed * 1000, 200)
    const recovered = (readiness.seconds(blockedAt + noticed * 1000, 200) as number) + noticed - seconds
    t.equal((await fetch(`${operators}/health/live`)).status, 200)
    await until('requests to be served again', () => load.answers.at(-1)?.outcome === '200')
    t.equal(await stalls() - before, 1)
    const told = () => /"msg":"(The event loop was blocked[^"]*)"/.exec(service.logged().slice(logged))?.[1]
    await until('it to be logged', () => told() !== undefined)
    t.match(told(), /in sumOrders \(/)
    await report(t, '12-event-loop', {
      fault: `Event loop blocked for ${seconds} s`,
      noticed,
      recovered: Math.max(0, recovered),
      ...await subject.finish(t),
      seen: `${await metric('http_requests_shed_total')} requests were shed; told meanwhile: ` +
        `\`nodejs_eventloop_stalled_seconds\` ${Number(stalled).toFixed(1)}; ` +
        'named: `sumOrders` with its file and line',
      promised: 'The management port answers all the while: readiness 503 `event_loop_blocked` within 1 s, ' +
        'liveness after `LIVENESS_BLOCKED_MS`, metrics with the seconds; ' +
        'then all is as before, and one log line names the function'
    })
  })

  await t.test('whose heap is nearly full', async t => {
    const grow = 'const held = []; process.on("SIGWINCH", () => { for (let i = 0; i < 10; ' +
      'i++) held.push(new Array(1e5).fill(i + 0.5)) }); process.on("SIGURG", () => { held.length = 0 })'
    const NODE_OPTIONS = `--max-old-space-size=256 ${await preload(t, grow)}`
    const subject = await startSubject(t, url, { environment: { ...unhurried, NODE_OPTIONS } })
    const { service, load, metric, readiness } = subject
    const grownAt = performance.now()
    const shed = async () => await metric('http_requests_shed_total', { reason: 'heap_used' })
    for (let i = 0; i < 40 && await shed() === 0; i++) {
      service.process.kill('SIGWINCH')
      await sleep(700)
    }
    const highest = await metric('nodejs_heap_size_used_bytes')
    t.ok(await shed() > 0, 'requests are shed')
    await readiness.until(grownAt, 503)
    const emptiedAt = performance.now()
    service.process.kill('SIGURG')
    await readiness.until(emptiedAt, 200)
    await until('requests to be served again', () => load.answers.at(-1)?.outcome === '200')
    await report(t, '13-heap', {
      fault: 'Heap nearly full, with 256 MiB allowed',
      recovered: readiness.seconds(emptiedAt, 200),
      ...await subject.finish(t),
      seen: `${await shed()} requests were shed at ${Math.round(highest / 2 ** 20)} MiB`,
      promised: 'Requests are shed above 85 % of it, before it is full; readiness says `overloaded`'
    })
  })
})
