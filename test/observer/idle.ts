import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startService, temporaryDirectory } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

/** How often each thread of a process has gone to sleep, and was woken again. */
async function sleeps (pid: number): Promise<{ main: number, others: number }> {
  const found = { main: 0, others: 0 }
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'latin1').catch(() => '')
    const times = Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    if (Number(thread) === pid) found.main += times
    else found.others += times
  }
  return found
}

t.test('a service that nobody asks wakes up some times a second', { skip: process.platform !== 'linux' }, async t => {
  const { process: { pid = 0 } } = await startService(t, { DATA_DIR: await temporaryDirectory(t) })
  const perSecond = async () => {
    const [before, began] = [await sleeps(pid), performance.now()]
    await sleep(3000)
    const after = await sleeps(pid)
    const seconds = (performance.now() - began) / 1000
    return { main: (after.main - before.main) / seconds, others: (after.others - before.others) / seconds }
  }
  // Its start goes on for some time, and on a machine that is busy the loop is late and looked at again.
  await until('it to be idle', async () => {
    const { main, others } = await perSecond()
    t.comment(`main ${main.toFixed(1)}, other threads ${others.toFixed(1)} times a second`)
    return main < 4 && others < 8
  }, 120)
})
