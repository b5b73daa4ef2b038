import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { freePort } from '../fixtures/programs.js'
import { clientOf, type Prometheus, type RuleGroup, type Target } from '../fixtures/prometheus.js'
import { until } from '../fixtures/until.js'
import { anyCore } from './cores.js'

/** Where the rules are that the project ships. */
export const shippedRules = fileURLToPath(new URL('../../../ops/prometheus/rules', import.meta.url))

export interface Watching {
  targets: Target[]
  rules: Record<string, RuleGroup[]>
  /** Seconds from one scrape to the next, and from one evaluation to the next, of all groups. */
  interval: number
}

/** Starts the Prometheus that is installed on all cores; it writes below a directory. */
export async function startPrometheus (parent: string, { targets, rules, interval }: Watching): Promise<
  Prometheus & { stop: () => Promise<void> }
> {
  const directory = await mkdtemp(join(parent, 'prometheus-'))
  const address = `127.0.0.1:${await freePort()}`
  const files = Object.entries(rules).map(([file, groups]) => [
    file,
    { groups: groups.map(({ interval: _, ...group }) => group) }
  ] as const)
  const config = {
    global: { scrape_interval: `${interval}s`, scrape_timeout: `${interval}s`, evaluation_interval: `${interval}s` },
    rule_files: files.map(([file]) => file),
    scrape_configs: [
      { job_name: 'fastify-vitals', static_configs: targets },
      { job_name: 'prometheus', static_configs: [{ targets: [address] }] }
    ]
  }
  for (const [file, content] of [...files, ['prometheus.yml', config] as const]) {
    await writeFile(join(directory, file), stringify(content))
  }
  const [command = '', ...args] = [
    ...anyCore(),
    'prometheus',
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=${address}`
  ]
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => { said = (said + text).slice(-2000) })
  const ended = once(child, 'close')
  const kill = () => { child.kill('SIGKILL') }
  process.once('exit', kill)
  const stop = async () => {
    process.off('exit', kill)
    kill()
    await ended.catch(() => {})
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  const prometheus = clientOf(`http://${address}`)
  const failed = ended.then(() => { throw new Error(`Prometheus ended: ${said}`) })
  const ready = async () => await fetch(`${prometheus.origin}/-/ready`).then(({ ok }) => ok, () => false)
  try {
    await Promise.race([failed, until('Prometheus to be ready', ready, 30)])
  } catch (error) {
    await stop()
    throw error
  }
  failed.catch(() => {})
  return { ...prometheus, stop }
}
