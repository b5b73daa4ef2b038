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
    const meanwhile = await kill()
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
    logged().map(({ level, msg }) => [level, msg]),
    Array(2).fill([50, 'The observer ended by itself; it is started again'])
  )

  await block('busyLoop', 2000)
  await until('the next one to name what blocks', () => logged().some(line => line['function'] === 'busyLoop'))
  t.equal(await stop(), 0)
})
