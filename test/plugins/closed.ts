import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import health from '../../plugins/health.js'
import management from '../../plugins/management.js'
import metrics from '../../plugins/metrics.js'
import page from '../../plugins/page.js'
import postgres from '../../plugins/postgres.js'
import pressure from '../../plugins/pressure.js'
import { startPostgres } from '../fixtures/postgres.js'
import { until } from '../fixtures/until.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const { url } = await startPostgres(t)

const sets: Record<string, (app: FastifyInstance) => void> = {
  'metrics and postgres': app => { app.register(metrics).register(postgres, { url }) },
  'postgres and metrics': app => { app.register(postgres, { url }).register(metrics) },
  'metrics without an observer': app => { app.register(metrics, { observer: false }) },
  'all of them': app => {
    app.register(management, { token: 'a-token' }).register(metrics).register(health).register(pressure)
      .register(postgres, { url }).register(page)
  }
}

for (const [plugins, register] of Object.entries(sets)) {
  t.test(`nothing holds an app with ${plugins} once it is closed`, async t => {
    const use = async () => {
      const app = Fastify()
      register(app)
      app.get('/hello', async () => app.hasDecorator('sql') ? await app.sql`select 1 as one` : 'hello')
      t.equal((await app.inject('/hello')).statusCode, 200)
      await app.inject('/metrics')
      await app.close()
      return new WeakRef(app)
    }
    const apps: Array<WeakRef<FastifyInstance>> = []
    for (let n = 0; n < 5; n++) apps.push(await use())
    const left = () => apps.filter(app => app.deref() !== undefined).length
    await until('all but the last to be collected', async () => {
      // What was dereferenced is held until the turn ends.
      await sleep(10)
      collect()
      return left() <= 1
    }).catch(() => {})
    t.ok(left() <= 1, `${left()} of ${apps.length} are left`)
  })
}
