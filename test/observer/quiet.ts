import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Families } from '../fixtures/exposition.js'
import { startObserved } from '../fixtures/observed.js'
import { until } from '../fixtures/until.js'

// What the observer leaves to main: the processor, and its time.

const value = (families: Families, name: string) => families.get(name)?.samples[0]?.value

/** How nice each thread of a process is: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function niceness (pid: number): Promise<Map<number, number>> {
  const threads = await readdir(`/proc/${pid}/task`)
  return new Map(await Promise.all(threads.map(async thread => {
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'latin1')
    return [Number(thread), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])] as const
  })))
}

t.test('only the observer is nicer than main', { skip: process.platform !== 'linux' }, async t => {
  const { pid } = await startObserved(t)
  const nice = await niceness(pid)
  const main = nice.get(pid) as number
  t.ok(main < 19, `main's is ${main}`)
  const others = [...nice.values()].filter(each => each !== main)
  t.equal(others.length, 1, others.join(', '))
  t.ok((others[0] as number) > main)
})

t.test('main is asked once a second while only it tells of nothing that has to be as of the scrape', async t => {
  const { management, main, scrape, asked } = await startObserved(t, { later: true })
  await scrape(management)
  const [before, began] = [await asked(), performance.now()]
  for (let scraped = 0; scraped < 50; scraped++) await scrape(management)
  const most = 1 + (performance.now() - began) / 1000
  const times = await asked() - before
  t.ok(times <= most, `asked ${times} times, where ${most} may be`)

  await (await fetch(`${main}/work`)).text()
  t.equal(value(await scrape(management), 'orders_total'), 1, 'from the first scrape on')
  await (await fetch(`${main}/work`)).text()
  t.equal(value(await scrape(management), 'orders_total'), 2)
})

t.test('while main is stuck, a scrape does not wait for metrics that there are none of', async t => {
  const { management, scrape, block } = await startObserved(t, { later: true })
  await scrape(management)
  // What was told last is too old to be told again.
  const stalled = async () => {
    // At any moment between two beats, so that it is late soon after it got stuck.
    await sleep(1100 + Math.random() * 500)
    const blocked = block('busyLoop', 1500)
    await sleep(150)
    const seconds = value(await scrape(management), 'nodejs_eventloop_stalled_seconds') ?? NaN
    await blocked
    return seconds
  }
  const seen: number[] = []
  await until('an answer right after it got stuck', async () => {
    seen.push(await stalled())
    t.comment(`${seen.at(-1)} s`)
    return seen.some(seconds => seconds > 0 && seconds < 0.4)
  }, 60)
})
