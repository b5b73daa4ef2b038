import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { accepts } from '../fixtures/accepts.js'
import { root } from '../fixtures/guide.js'
import { listening } from '../fixtures/listening.js'
import { freePort, havePrograms, startProgram } from '../fixtures/programs.js'
import { temporaryDirectory } from '../fixtures/service.js'
import { copyOfOps } from '../fixtures/stack.js'
import { until } from '../fixtures/until.js'

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

t.test('Prometheus in agent mode sends on what it scrapes', async t => {
  if (!havePrograms(t, 'prometheus')) return
  const written: string[] = []
  const origin = await listening(t, createServer((request, response) => {
    written.push(`${request.method} ${request.url} ${request.headers['content-type']}`)
    request.resume().on('end', () => response.writeHead(204).end())
  }))
  const directory = await temporaryDirectory(t)
  const address = `127.0.0.1:${await freePort()}`
  const agent = await read('agent.yml')
  const { authorization: _, ...job } = agent.scrape_configs.find(
    ({ job_name: name }: { job_name: string }) => name === 'prometheus'
  )
  await writeFile(join(directory, 'agent.yml'), stringify({
    ...agent,
    global: { ...agent.global, scrape_interval: '1s', scrape_timeout: '1s' },
    remote_write: agent.remote_write.map((to: object) => ({ ...to, url: `${origin}/api/v1/push` })),
    scrape_configs: [{ ...job, static_configs: [{ targets: [address] }] }]
  }))
  const isOld = /version 2\./.test(execFileSync('prometheus', ['--version'], { encoding: 'utf8' }))
  startProgram(t, 'prometheus', [
    isOld ? '--enable-feature=agent' : '--agent', `--config.file=${directory}/agent.yml`,
    `--storage.agent.path=${directory}/data`, `--web.listen-address=${address}`
  ])
  await until('samples to be written', () => written.length > 0, 30).catch(() => {})
  t.equal(written[0], 'POST /api/v1/push application/x-protobuf')
})
