import t from 'tap'
import { testBroken, type Broken } from '../fixtures/broken.js'
import { alertmanagerConfig, diagnose, token } from '../fixtures/chain.js'
import { startPostgres } from '../fixtures/postgres.js'
import { freePort, havePrograms } from '../fixtures/programs.js'
import { startService } from '../fixtures/service.js'

t.test('in a chain that is broken at Alertmanager', async t => {
  if (!havePrograms(t, 'prometheus', 'prometheus-alertmanager')) return
  const { url } = await startPostgres(t)
  const { origin } = await startService(t, { DATABASE_URL: url, JOURNAL_TOKEN: token })
  // The other parts have tests of their own, and take longer to start.
  const alone = { without: ['prometheus', 'grafana'], args: ['--skip', 'prometheus,grafana'] } satisfies Partial<Broken>
  const nobody = `http://127.0.0.1:${await freePort()}`

  t.test('where the journal has its own Alertmanager, the test alert takes it, and who else hears is told', async t => {
    const people = (receiver: string) => `
route: { receiver: pager, routes: [{ receiver: heartbeat, matchers: ['alertname="Watchdog"'] }] }
receivers:
  - { name: heartbeat, webhook_configs: [{ url: '${nobody}/heartbeat' }] }
  - { name: pager, ${receiver} }
`
    for (const [receiver, says] of [
      [
        '',
        /^by the receiver journal of http:\/\/127\.0\.0\.1:\d+; no human is told of alerts until pager or tickets is/
      ],
      [`webhook_configs: [{ url: '${nobody}/pager' }]`, /people are told by pager$/]
    ] as const) {
      const { code, steps } = await diagnose(t, {
        service: origin,
        ...alone,
        alertmanager: people(receiver),
        journalAlertmanager: alertmanagerConfig(origin)
      })
      t.strictSame({ code, failed: steps.filter(({ status }) => status === 'failed') }, { code: 0, failed: [] })
      t.match(steps.find(({ name }) => name === 'route'), { says })
      t.match(steps.find(({ name }) => name === 'resolved'), { says: /^came into the journal/ })
    }
  })

  testBroken(t, () => origin, {
    title: 'an Alertmanager that is down is told',
    without: ['alertmanager'],
    failed: {
      alertmanager: {
        says: /refuses connections/,
        why: /^Alertmanager is not running, or is elsewhere/,
        todo: /docker compose ps alertmanager.*\ndocker compose up -d alertmanager/
      }
    },
    skipped: ['known-alertmanager', 'route', 'test-alert', 'resolved']
  })

  testBroken(t, () => origin, {
    title: 'a receiver that posts elsewhere is told',
    ...alone,
    alertmanager: alertmanagerConfig(origin, { path: '/hook?key=a-key' }),
    failed: {
      route: {
        says: /^no receiver posts to the journal$/,
        why: /^Webhooks post to http:\/\/localhost:\d+\/hook, and the journal is at \/api\/alerts\.$/,
        todo: /add a receiver with webhook_configs/
      }
    },
    skipped: ['test-alert', 'resolved']
  })

  testBroken(t, () => origin, {
    title: 'an Alertmanager of the journal\'s own that is down is told',
    ...alone,
    alertmanager: 'route: { receiver: pager }\nreceivers: [{ name: pager }]',
    failed: {
      route: {
        says: /^no receiver posts to the journal$/,
        why: /^Its configuration has no webhook, and no Alertmanager at http:\/\/127\.0\.0\.1:\d+ has one\.$/,
        todo: /^docker compose up -d alertmanager-journal/
      }
    },
    skipped: ['test-alert', 'resolved']
  })

  testBroken(t, () => origin, {
    title: 'a receiver that no route leads to is told',
    ...alone,
    alertmanager: alertmanagerConfig(origin, { route: 'receiver: nobody' }),
    failed: {
      route: {
        says: /^no route leads to the receiver journal$/,
        why: /never used/,
        todo: /set route: \{ receiver: journal \}/
      }
    },
    skipped: ['test-alert', 'resolved']
  })

  testBroken(t, () => origin, {
    title: 'a route that takes alerts before that to the journal is told',
    ...alone,
    alertmanager: alertmanagerConfig(origin, {
      route: "receiver: journal, routes: [{ receiver: nobody, matchers: ['severity=\"info\"'] }]"
    }),
    failed: {
      'test-alert': {
        says: /^was routed to nobody, not to the journal$/,
        why: /does not continue/,
        todo: /amtool config routes test.*\n.*continue: true/
      }
    },
    skipped: ['resolved']
  })

  testBroken(t, () => origin, {
    title: 'a token that is wrong is told, and not shown',
    ...alone,
    alertmanager: alertmanagerConfig(origin, { credentials: 'another-token' }),
    failed: {
      'test-alert': {
        says: /^was refused by the journal: 401$/,
        why: /JOURNAL_TOKEN/,
        todo: /same JOURNAL_TOKEN for both.*docker compose up -d app alertmanager-journal/
      }
    },
    skipped: ['resolved']
  })

  testBroken(t, () => origin, {
    title: 'a receiver with the address of another service is told',
    ...alone,
    alertmanager: alertmanagerConfig(nobody),
    failed: {
      'test-alert': {
        says: /^was posted, but not to this service$/,
        why: /nothing came to http:\/\/localhost:\d+/,
        todo: /http:\/\/app:8000\/api\/alerts/
      }
    },
    skipped: ['resolved']
  })
})
