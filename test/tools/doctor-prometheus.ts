import { createServer } from 'node:http'
import t from 'tap'
import { testBroken } from '../fixtures/broken.js'
import { token } from '../fixtures/chain.js'
import { startPostgres } from '../fixtures/postgres.js'
import { listening } from '../fixtures/listening.js'
import { freePort, havePrograms } from '../fixtures/programs.js'
import { startService } from '../fixtures/service.js'

const two = '(label_replace(vector(1), "a", "1", "", "") or vector(2))'

t.test('in a chain that is broken at Prometheus', async t => {
  if (!havePrograms(t, 'prometheus', 'prometheus-alertmanager')) return
  const { url } = await startPostgres(t)
  const { origin } = await startService(t, { DATABASE_URL: url, JOURNAL_TOKEN: token })
  const nobody = `http://127.0.0.1:${await freePort()}`
  t.jobs = 3

  testBroken(t, () => origin, {
    title: 'a Prometheus that is down is told',
    without: ['prometheus'],
    failed: {
      prometheus: {
        says: /refuses connections/,
        why: /^Prometheus is not running, or is elsewhere \(ECONNREFUSED\)\.$/,
        todo: /docker compose ps prometheus.*logs prometheus\ndocker compose up -d prometheus/
      }
    },
    skipped: ['prometheus-config', 'target', 'rules', 'known-alertmanager', 'data-source']
  })

  testBroken(t, () => origin, {
    title: 'a target at the wrong port is told with the error of its last scrape',
    scraped: nobody,
    failed: {
      target: {
        says: /^127\.0\.0\.1:\d+ \(job service\) is down: .*connection refused/,
        why: /nothing listens at 127\.0\.0\.1:\d+\. In Docker that is app:9464/,
        todo: /ops\/prometheus\/prometheus\.yml/
      }
    },
    skipped: []
  })

  testBroken(t, () => origin, {
    title: 'a host that Prometheus does not know is told',
    scraped: 'http://app.invalid:9464',
    failed: {
      target: {
        says: /^app\.invalid:9464 \(job service\) is down: /,
        why: /there is no host app\.invalid:9464|did not answer/,
        todo: /ops\/prometheus\/prometheus\.yml/
      }
    },
    skipped: []
  })

  // As the API server of Kubernetes answers whom its roles do not let look; Debian's Prometheus is built without that
  // discovery, so it discovers by HTTP, and the doctor hears that it is Kubernetes.
  const forbidding = await listening(t, createServer((request, response) => {
    response.writeHead(403, { 'content-type': 'application/json' })
    response.end(JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Forbidden',
      code: 403,
      message: `endpoints is forbidden: ${request.url}`
    }))
  }))
  testBroken(t, () => origin, {
    title: 'a Prometheus on Kubernetes that may not look into the namespace is told',
    job: '{ job_name: serviceMonitor/vitals/fastify-vitals/0, metrics_path: ' +
      `/metrics/, http_sd_configs: [{ url: '${forbidding}' }] }`,
    prometheusSays: body => ({
      body: body.replace(
        /http_sd_configs:\\n( +- )/,
        'kubernetes_sd_configs:\\n$1namespaces: { names: [vitals] }\\n    '
      )
    }),
    failed: {
      target: {
        says: /^none: job serviceMonitor\/vitals\/fastify-vitals\/0 finds nothing in the namespace vitals$/,
        why: /^Prometheus may not look there/,
        todo: /kubectl auth can-i list endpointslices.* --namespace vitals .*\n.*forbidden\n.*Role of ops\/README\.md/
      }
    },
    skipped: []
  })

  testBroken(t, () => origin, {
    title: 'a configuration without rules is told',
    ruleFiles: '',
    failed: {
      rules: {
        says: /^none$/,
        why: /rule_files in prometheus\.yml names no file/,
        todo: /rule_files with ops\/prometheus\/prometheus\.yml/
      }
    },
    skipped: []
  })

  testBroken(t, () => origin, {
    title: 'a rule that fails is told with its name, group and error',
    // PromQL that parses, and cannot be evaluated.
    rules: `groups: [{ name: broken, interval: 1s, rules: [{ alert: Broken, expr: '${two} * on () ${two}' }] }]`,
    failed: {
      rules: {
        says: /^1 of 1 fail: Broken \(group broken\)$/,
        why: /^Broken: .*many-to-many matching not allowed/,
        todo: /correct it in .*rules\.yml\n.*promtool check rules/
      }
    },
    skipped: []
  })

  testBroken(t, () => origin, {
    title: 'rules without an alert are told',
    rules: 'groups: [{ name: only, interval: 1s, rules: [{ record: one, expr: vector(1) }] }]',
    failed: {
      rules: { says: /^1 rule, none of them an alert$/, why: /nothing can fire/, todo: /promtool check rules/ }
    },
    skipped: []
  })

  testBroken(t, () => origin, {
    title: 'a configuration that was refused at the last reload is told, while the one before still works',
    breakIt: async ({ prometheus, write }) => {
      await write('prometheus.yml', 'scrape_configs: [{ job: wrong }]')
      await fetch(`${prometheus}/-/reload`, { method: 'POST' })
    },
    failed: {
      'prometheus-config': {
        says: /refused at the last reload/,
        why: /still runs with what it had before/,
        todo: /promtool check config/
      }
    },
    skipped: []
  })

  testBroken(t, () => origin, {
    title: 'an Alertmanager that Prometheus does not know is told',
    alerting: () => 'alertmanagers: []',
    failed: {
      'known-alertmanager': {
        says: /^no Alertmanager is known/,
        why: /nobody hears of them/,
        todo: /alertmanager:9093/
      }
    },
    skipped: []
  })

  testBroken(t, () => origin, {
    title: 'an Alertmanager that Prometheus knows by the wrong address is told by the alerts that are lost',
    alerting: () => `alertmanagers: [{ static_configs: [{ targets: ['${new URL(nobody).host}'] }] }]`,
    rules: 'groups: [{ name: test, interval: 1s, rules: [{ alert: Always, expr: vector(1) }] }]',
    failed: {
      'known-alertmanager': {
        says: /^alerts sent to 127\.0\.0\.1:\d+ do not arrive: Always$/,
        why: /cannot reach that address/,
        todo: /correct alerting/
      }
    },
    skipped: []
  })
})
