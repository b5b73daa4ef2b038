import t from 'tap'
import { startObserved } from '../fixtures/observed.js'
import { until } from '../fixtures/until.js'

t.test('an observer that dies is started again and counted, and main renders meanwhile', async t => {
  const {
    main,
    management,
    scrape,
    block,
    logged,
    kill,
    stop
  } = await startObserved(t, { mayDie: true, observer: { stallMs: 500 } })
  const value = async (origin: string, name: string) => (await scrape(origin)).get(name)?.samples[0]?.value
  await (await fetch(`${main}/work`)).text()
  await until('the observer', async () => await value(management, 'metrics_observer_up') === 1)
  t.equal(await value(main, 'metrics_observer_restarts_total'), 0)

  for (const deaths of [1, 2]) {
    const blocked = block('busyLoop', 1500)
    await until('the stall to be told', async () =>
      (await value(management, 'nodejs_eventloop_stalled_seconds') ?? 0) > 0.5)
    await blocked
    const meanwhile = await kill()
    for (const name of ['metrics_main_age_seconds', 'nodejs_eventloop_stalled_seconds']) {
      t.equal(meanwhile.get(name)?.samples[0]?.value, 0, `${name} is not what the observer told last`)
    }
    const reasons = meanwhile.get('service_unready')?.samples ?? []
    const blockedReason = reasons.find(({ labels }) => labels['reason'] === 'event_loop_blocked')
    t.equal(blockedReason?.value, 0, 'nor is why it was not ready')
    const told = [
      'metrics_observer_up',
      'metrics_observer_restarts_total',
      'orders_total'
    ].map(name => meanwhile.get(name)?.samples[0]?.value)
    t.strictSame(told, [0, deaths, 1], 'main renders, what is the service\'s own, too')
    await until(
      'its port to be open again',
      async () => await value(management, 'metrics_observer_up').catch(() => 0) === 1,
      30
    )
    t.equal(await value(management, 'metrics_observer_restarts_total'), deaths)
    t.equal(await value(management, 'orders_total'), 1, 'nothing that was recorded is lost')
    t.equal((await fetch(`${management}/health/ready`)).status, 200)
    t.equal(await value(main, 'metrics_observer_up'), 1)
  }
  t.strictSame(
    logged().filter(({ level }) => level === 50).map(({ level, msg }) => [level, msg]),
    Array(2).fill([50, 'The observer ended by itself; it is started again'])
  )

  const named = () => logged().filter(line => line['function'] === 'busyLoop').length
  const before = named()
  await block('busyLoop', 2000)
  await until('the next one to name what blocks', () => named() > before)
  t.equal(await stop(), 0)
})
