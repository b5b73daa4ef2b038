import t from 'tap'
import { diagnose, token } from '../fixtures/chain.js'
import { startPostgres } from '../fixtures/postgres.js'
import { havePrograms } from '../fixtures/programs.js'
import { startService } from '../fixtures/service.js'
import { runTool } from '../fixtures/tool.js'

t.test('a chain that holds is well in every step, and the test alert comes into the journal and ends', async t => {
  if (!havePrograms(t, 'prometheus', 'prometheus-alertmanager')) return
  const { url } = await startPostgres(t)
  const { origin } = await startService(t, { DATABASE_URL: url, JOURNAL_TOKEN: token })

  const { code, ok, steps } = await diagnose(t, { service: origin })
  t.strictSame(steps.filter(({ status }) => status !== 'ok'), [])
  t.match({ code, ok, steps }, { code: 0, ok: true, steps: { length: 17 } })
  const { alerts } = await (await fetch(`${origin}/api/alerts?name=DoctorTest`)).json() as { alerts: object[] }
  t.match(alerts, [{ status: 'resolved', labels: { job: /^doctor-[0-9a-f]{8}$/ } }])

  t.test('and told in a line for each step, where there is no terminal', async t => {
    const { code, output } = await diagnose(t, { service: origin }, 'text')
    t.equal(code, 0)
    t.equal(output.match(/^✔ /gm)?.length, 17)
    t.match(output, /\n\nThe chain holds: 17 steps are well\.\n$/)
    t.notMatch(output, '\x1b')
  })

  t.test('what is to be left out is skipped, and said', async t => {
    const { code, steps } = await diagnose(t, {
      service: origin,
      without: ['grafana', 'alertmanager'],
      args: ['--skip', 'grafana', '--skip=alertmanager']
    })
    t.equal(code, 0)
    t.strictSame(
      steps.filter(({ status }) => status === 'skipped').map(({ name }) => name),
      ['alertmanager', 'known-alertmanager', 'route', 'grafana', 'data-source', 'dashboards', 'test-alert', 'resolved']
    )
    t.match(steps.find(({ name }) => name === 'grafana'), { says: 'left out, by --skip grafana' })
  })
})

t.test('what it cannot make sense of is named', async t => {
  for (const [args, message] of [
    [
      ['--skip', 'grafana,loki'],
      '--skip does not know "loki": there are service, prometheus, alertmanager, grafana, test-alert'
    ],
    [['--prometheus', ':9090'], '--prometheus is not a URL such as http://localhost:8000: ":9090"'],
    [['--fast'], 'There is no option --fast: there are --service, ']
  ] as const) {
    const { code, output } = await runTool('doctor', [...args], {})
    t.match({ code, output }, { code: 1, output: message })
  }
})

t.test('--help tells every flag and variable', async t => {
  const { code, output } = await runTool('doctor', ['--help'], {})
  t.equal(code, 0)
  for (const name of [
    '--service URL',
    '--prometheus URL',
    '--alertmanager URL',
    '--journal-alertmanager URL',
    '--grafana URL',
    '--skip PARTS',
    '--json',
    'GRAFANA_PASSWORD',
    'SERVICE_URL'
  ]) t.match(output, name)
})
