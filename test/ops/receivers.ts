import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { accepts } from '../fixtures/accepts.js'
import { root } from '../fixtures/guide.js'
import { havePrograms } from '../fixtures/programs.js'
import { temporaryDirectory } from '../fixtures/service.js'

type Receiver = Record<string, Array<{ send_resolved?: boolean }>>

const read = async (...path: string[]) => await readFile(join(root, ...path), 'utf8')

t.test('as shipped no receiver tells a human, and README, guide and configuration say so', async t => {
  const shipped = await read('ops', 'alertmanager', 'alertmanager.yml')
  t.strictSame(parse(shipped).receivers, [{ name: 'pager' }, { name: 'tickets' }, { name: 'heartbeat' }])
  const texts = [shipped, await read('README.md'), await read('ops', 'guide.md'), await read('ops', 'runbook.md')]
  for (const text of texts) t.match(text.replaceAll('*', ''), /No human is told of any alert/)
  t.match(await read('README.ko.md'), '아무에게도 알림이 가지 않으며')
})

t.test('the examples of receivers are ones that Alertmanager takes, and tell people of the end', async t => {
  const shipped = await read('ops', 'alertmanager', 'alertmanager.yml')
  const [route = '', receivers = ''] = shipped.split(/^(?=receivers:$)/m)
  const filledIn = route + receivers.replaceAll(/^ {4}# /gm, '    ')
  const configs = (parse(filledIn).receivers as Array<{ name: string } & Receiver>).flatMap(({ name, ...of }) =>
    Object.entries(of).flatMap(([kind, configs]) =>
      configs.map(config => ({ what: `${name}: ${kind}`, kind, ...config }))))
  t.strictSame(
    configs.map(({ what }) => what),
    ['pager: pagerduty_configs', 'tickets: slack_configs', 'tickets: email_configs', 'heartbeat: webhook_configs']
  )
  // What Alertmanager does where it is not said.
  const byDefault: Record<string, boolean> = { pagerduty_configs: true, webhook_configs: true }
  for (const { what, kind, send_resolved: resolved = byDefault[kind] ?? false } of configs) {
    t.equal(resolved, what !== 'heartbeat: webhook_configs', what)
  }
  if (!havePrograms(t, 'amtool')) return
  const directory = await temporaryDirectory(t)
  // Debian 12's Alertmanager is one version older than a webhook's url_file.
  const known = filledIn.replace(/(?<=webhook_configs:\n +- )url_file: \S+/, 'url: http://localhost')
  await writeFile(join(directory, 'alertmanager.yml'), known)
  await accepts(t, directory, 'amtool', 'check-config', 'alertmanager.yml')
})
