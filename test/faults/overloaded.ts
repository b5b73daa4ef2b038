import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { report, startSubject, watch } from '../fixtures/faults.js'
import { startPostgres } from '../fixtures/postgres.js'
import { preload } from '../fixtures/service.js'

t.test('the service itself', async t => {
  const { url } = await startPostgres(t)

  await t.test('whose event loop is blocked for 3 s', async t => {
    const NODE_OPTIONS = await preload(t, 'process.on("SIGWINCH", () => { for (const end = performance.now() + 3000; performance.now() < end;); })')
    const subject = await startSubject(t, url, { environment: { NODE_OPTIONS } })
    const { service, load, metric, scrape } = subject
    const liveness = watch(t, `${service.origin}/health/live/`)
    const slow = async () => {
      const read = await scrape()
      return read('nodejs_eventloop_delay_seconds_count') - read('nodejs_eventloop_delay_seconds_bucket', { le: '2.5' })
    }
    t.equal(await slow(), 0)

    const blockedAt = performance.now()
    service.process.kill('SIGWINCH')
    await liveness.until(blockedAt, 503)
    const noticed = liveness.seconds(blockedAt, 503) as number
    await liveness.until(blockedAt + noticed * 1000, 200)
    const recovered = liveness.seconds(blockedAt + 3000, 200)
    await sleep(500)
    t.equal(load.answers.at(-1)?.outcome, '200', 'requests are served again')
    t.ok(await metric('http_requests_shed_total', { reason: 'event_loop_delay' }) > 0, 'requests were shed')
    t.ok(await slow() >= 1, 'the delay is in the histogram')
    await report(t, '12-event-loop', {
      fault: 'Event loop blocked for 3 s',
      noticed,
      recovered,
      ...await subject.finish(t),
      seen: `${await metric('http_requests_shed_total')} requests were shed; the delay is in \`nodejs_eventloop_delay_seconds\``,
      promised: 'Liveness answers 503 as soon as it can answer, load is shed until the loop is well, and nothing else is done about it'
    })
  })

  await t.test('whose heap is nearly full', async t => {
    const grow = 'const held = []; process.on("SIGWINCH", () => { for (let i = 0; i < 10; i++) held.push(new Array(1e5).fill(i + 0.5)) }); process.on("SIGURG", () => { held.length = 0 })'
    const NODE_OPTIONS = `--max-old-space-size=256 ${await preload(t, grow)}`
    const subject = await startSubject(t, url, { environment: { NODE_OPTIONS } })
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
    await sleep(500)
    t.equal(load.answers.at(-1)?.outcome, '200', 'requests are served again')
    await report(t, '13-heap', {
      fault: 'Heap nearly full, with 256 MiB allowed',
      recovered: readiness.seconds(emptiedAt, 200),
      ...await subject.finish(t),
      seen: `${await shed()} requests were shed at ${Math.round(highest / 2 ** 20)} MiB`,
      promised: 'Requests are shed above 85 % of it, before it is full; readiness says `overloaded`'
    })
  })
})
