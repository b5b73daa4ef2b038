import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { accepts } from '../fixtures/accepts.js'
import { root } from '../fixtures/guide.js'
import { havePrograms } from '../fixtures/programs.js'
import { copyOfOps } from '../fixtures/stack.js'

const directory = join(root, 'ops', 'prometheus')
const read = async (name: string) => parse(await readFile(join(directory, name), 'utf8'))

t.test('an agent scrapes what Prometheus does, says which of a pair it is, and sends it on', async t => {
  const [agent, prometheus] = [await read('agent.yml'), await read('prometheus.yml')]
  t.strictSame(agent.scrape_configs, prometheus.scrape_configs)
  t.match(agent, { global: { external_labels: { __replica__: String } }, remote_write: [{ url: String }] })
  t.notOk('alerting' in agent || 'rule_files' in agent)
})

t.test('Prometheus accepts it in agent mode', async t => {
  if (!havePrograms(t, 'promtool')) return
  await accepts(t, join(await copyOfOps(t), 'ops', 'prometheus'), 'promtool', 'check', 'config', '--agent', 'agent.yml')
})

t.test('vmagent accepts it, and vmalert the rules', async t => {
  if (!havePrograms(t, 'vmagent', 'vmalert')) return
  await accepts(
    t,
    directory,
    'vmagent',
    '-dryRun',
    '-promscrape.config=agent.yml',
    '-promscrape.config.strictParse=false',
    '-remoteWrite.url=http://localhost'
  )
  await accepts(t, directory, 'vmalert', '-dryRun', '-rule=rules/*.yml')
})
