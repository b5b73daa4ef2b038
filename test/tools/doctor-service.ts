import t from 'tap'
import { alertmanagerConfig, diagnose, token } from '../fixtures/chain.js'
import { testBroken } from '../fixtures/broken.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort, havePrograms } from '../fixtures/programs.js'
import { startProxy, type Changed } from '../fixtures/proxy.js'
import { startService } from '../fixtures/service.js'
import { until } from '../fixtures/until.js'

t.test('in a chain that is broken at the service', async t => {
  if (!havePrograms(t, 'prometheus', 'prometheus-alertmanager')) return
  const { url, stop: stopDatabase } = await startPostgres(t)
  const { origin } = await startService(t, { DATABASE_URL: url, JOURNAL_TOKEN: token, HEALTH_KEEP_MS: '1' })
  const behind = (change: (body: string) => Changed) => async () => await startProxy(t, origin, change)

  testBroken(t, async () => `http://127.0.0.1:${await freePort()}`, {
    title: 'a service that is down is told from all that follows from it',
    failed: {
      service: {
        says: /^http:\/\/127\.0\.0\.1:\d+ refuses connections: nothing listens there$/,
        why: /not running, or is elsewhere/,
        todo: /^npm start\n.*docker compose up -d app.*\n.*--service URL$/
      }
    },
    skipped: ['health', 'ready', 'live', 'metrics', 'target', 'test-alert', 'resolved']
  })

  testBroken(t, behind(() => ({ status: 401, headers: { 'www-authenticate': 'Basic' }, body: 'Unauthorized' })), {
    title: 'metrics that ask for a login are told',
    failed: {
      metrics: {
        says: /^\/metrics\/ answers 401: it asks for a login$/,
        why: /Prometheus needs the login too/,
        todo: /basic_auth or authorization.*\n.*SERVICE_URL=/
      }
    },
    skipped: ['target']
  })

  testBroken(t, behind(body => ({ body: body.replace(/^process_start_time_seconds /m, '$&is ') })), {
    title: 'metrics that are not well formed are shown by the line',
    failed: {
      metrics: {
        says: /not well formed/,
        why: /^Line \d+ is not a sample: process_start_time_seconds is \d+\.$/,
        todo: /curl .*\/metrics\/ \| promtool check metrics/
      }
    },
    skipped: ['target']
  })

  testBroken(t, behind(() => ({ headers: { 'content-type': 'text/html' }, body: '<h1>Welcome</h1>' })), {
    title: 'a page in place of metrics is told by its content type',
    failed: { metrics: { says: /^\/metrics\/ is text\/html$/, why: /Prometheus 3 refuses all but/, todo: /curl -i/ } },
    skipped: ['target']
  })

  t.test('a service that is another is told', async t => {
    const { steps } = await diagnose(t, {
      service: await startProxy(t, origin, () => ({ body: '# TYPE up gauge\nup 1\n' })),
      alertmanager: alertmanagerConfig(origin)
    })
    t.match(steps.find(({ status }) => status === 'failed'), {
      name: 'metrics',
      says: /has 1 metric, but none of http_request_duration_seconds/,
      why: /another service/
    })
  })

  t.test('once the database is down', async t => {
    await stopDatabase()
    await until('the service to notice', async () => (await fetch(`${origin}/health/ready/`)).status === 503)
    testBroken(t, () => origin, {
      title: 'the probes tell it, and no alert is sent in vain',
      failed: {
        health: {
          says: /^\/health\/ answers 503: database$/,
          why: /^database: /,
          todo: /docker compose logs postgres\n.*DATABASE_URL/
        },
        ready: {
          says: /^\/health\/ready\/ answers 503: database_unreachable$/,
          why: /cannot reach its database/,
          todo: /docker compose ps postgres/
        }
      },
      skipped: ['test-alert', 'resolved']
    })
  })
})
