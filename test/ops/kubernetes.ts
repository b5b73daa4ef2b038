import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { loadConfig } from '../../src/config/config.js'
import { variables as known } from '../../src/config/variables.js'
import { createClient } from '../../src/postgres/client/client.js'
import { accepts } from '../fixtures/accepts.js'
import { kustomizeCommand } from '../fixtures/kustomize.js'
import { base, readManifests } from '../fixtures/manifests.js'
import { startPostgres } from '../fixtures/postgres.js'
import { havePrograms } from '../fixtures/programs.js'
import { readRules } from '../fixtures/prometheus.js'
import { startService, temporaryDirectory } from '../fixtures/service.js'

interface Variable { name: string, value?: string, valueFrom?: { secretKeyRef: { name: string, key: string } } }

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = async (...path: string[]) => await readFile(join(root, ...path), 'utf8')

const { kustomization, ...manifests } = await readManifests()
const {
  deployment,
  horizontalpodautoscaler: autoscaler,
  networkpolicy: policy,
  poddisruptionbudget: budget,
  service,
  serviceaccount: account,
  servicemonitor: monitor
} = manifests
const pod = deployment.spec.template
const [container] = pod.spec.containers
const variables: Variable[] = container.env
const literals: Record<string, string> = Object.fromEntries(variables.flatMap(({ name, value }) => value === undefined
  ? []
  : [[name, value]]))
const settings = loadConfig({ ...literals, DATABASE_URL: 'postgres://database' })
const { scrape_configs: [scrape] } = parse(await read('ops', 'prometheus', 'prometheus.yml'))

t.test('every file is a part of the base, and none of them is a secret', async t => {
  t.strictSame(kustomization.resources, Object.keys(manifests).map(name => `${name}.yaml`))
  t.notOk(Object.values(manifests).some(({ kind }) => kind === 'Secret'))
})

t.test('what selects pods selects those of the Deployment, and the ServiceMonitor its Service', async t => {
  const { labels } = pod.metadata
  t.strictSame(deployment.spec.selector.matchLabels, labels)
  t.strictSame(service.spec.selector, labels)
  t.strictSame(policy.spec.podSelector.matchLabels, labels)
  t.strictSame(budget.spec.selector.matchLabels, labels)
  for (const { labelSelector } of pod.spec.topologySpreadConstraints) t.strictSame(labelSelector.matchLabels, labels)
  t.strictSame(monitor.spec.selector.matchLabels, service.metadata.labels)
  t.match(autoscaler.spec.scaleTargetRef, {
    apiVersion: deployment.apiVersion,
    kind: deployment.kind,
    name: deployment.metadata.name
  })
  t.equal(pod.spec.serviceAccountName, account.metadata.name)
})

t.test('the ports are those that the service listens on, under one name each', async t => {
  const ports: Record<string, number> = Object.fromEntries(container.ports.map(({ name, containerPort }: {
    name: string,
    containerPort: number
  }) => [name, containerPort]))
  t.strictSame(ports, { http: settings.PORT, management: settings.MANAGEMENT_PORT })
  t.strictSame(
    ['startupProbe', 'livenessProbe', 'readinessProbe'].map(probe => container[probe].httpGet.port),
    ['http', 'management', 'management']
  )
  t.strictSame(service.spec.ports.map(({ targetPort }: { targetPort: string }) => targetPort), Object.keys(ports))
  t.strictSame(
    policy.spec.ingress.flatMap(({ ports }: { ports: Array<{ port: string }> }) => ports.map(({ port }) => port)),
    Object.keys(ports)
  )
  t.equal(monitor.spec.endpoints[0].port, 'management')
})

t.test('the paths of the probes and of the metrics are answered with 200', async t => {
  const { url } = await startPostgres(t)
  const { origin } = await startService(t, { ...literals, DATABASE_URL: url, JOURNAL_TOKEN: 'secret' })
  const { startupProbe, livenessProbe, readinessProbe } = container
  const paths = [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)
  t.strictSame(paths, ['/health/live/', '/health/live/', '/health/ready/'])
  for (const path of [...paths, monitor.spec.endpoints[0].path]) t.equal((await fetch(origin + path)).status, 200, path)
})

t.test('variables are settings of the service, and those that are secret come from the Secret', async t => {
  for (const { name } of variables) t.ok(name in known.properties, name)
  const secret = variables.filter(({ valueFrom }) => valueFrom !== undefined)
  t.strictSame(secret.map(({ name }) => name), ['DATABASE_URL', 'JOURNAL_TOKEN'])
  for (const { name, valueFrom } of secret) {
    t.strictSame(valueFrom?.secretKeyRef, {
      name: deployment.metadata.name,
      key: name
    })
  }
})

t.test('stopping fits into the grace period, and draining into stopping', async t => {
  const stopping = container.lifecycle.preStop.sleep.seconds + settings.SHUTDOWN_TIMEOUT_MS / 1000
  t.ok(stopping < pod.spec.terminationGracePeriodSeconds, `${stopping} s`)
  t.ok(settings.SHUTDOWN_DRAIN_MS + settings.DATABASE_CLOSE_TIMEOUT_SECONDS * 1000 < settings.SHUTDOWN_TIMEOUT_MS)
})

t.test('probes wait longer than the service takes to tell what is wrong', async t => {
  t.ok(container.readinessProbe.timeoutSeconds * 1000 > settings.HEALTH_TIMEOUT_MS)
  t.ok(container.livenessProbe.timeoutSeconds * 1000 > settings.PRESSURE_MAX_EVENT_LOOP_DELAY_MS)
  t.ok(
    container.startupProbe.periodSeconds * container.startupProbe.failureThreshold >
      settings.DATABASE_CONNECT_TIMEOUT_SECONDS + 1
  )
})

t.test('as many replicas as there may be leave connections of a PostgreSQL as it comes', async t => {
  const sql = createClient({ url: (await startPostgres(t)).url, poolSize: 1 })
  t.teardown(async () => { await sql.end() })
  const [{ free }] = await sql<[{ free: number }]>`
    select sum(case name when 'max_connections' then 1 else -1 end * boot_val::int)::int as free
    from pg_settings where name in ('max_connections', 'superuser_reserved_connections', 'reserved_connections')`
  const replicas = autoscaler.spec.maxReplicas + deployment.spec.strategy.rollingUpdate.maxSurge
  const connections = replicas * (settings.DATABASE_POOL_SIZE + 1)
  t.equal(connections, 77, 'as horizontalpodautoscaler.yaml says')
  t.ok(connections < free, `${connections} of ${free}`)
})

t.test('it is scraped as ops/prometheus does, and its job and memory limit are those of the rules', async t => {
  const [{ interval, scrapeTimeout, path }] = monitor.spec.endpoints
  const { global: { scrape_interval: every, scrape_timeout: timeout } } = parse(
    await read('ops', 'prometheus', 'prometheus.yml')
  )
  t.strictSame(
    [interval, scrapeTimeout, path, monitor.spec.sampleLimit],
    [every, timeout, scrape.metrics_path, scrape.sample_limit]
  )
  t.equal(service.metadata.labels[monitor.spec.jobLabel], scrape.job_name)
  const limit = Object.values(await readRules())
    .flat()
    .flatMap(({ rules }) => rules)
    .find(({ record }) => record === 'service:memory_limit:bytes')
  t.equal(`vector(${container.resources.limits.memory.replace('Mi', ' * 1024 ^ 2')})`, limit?.expr)
})

t.test('the image is named as the package', async t => {
  const { name, version } = JSON.parse(await read('package.json'))
  t.equal(container.image, `${name}:${version}`)
})

t.test('pods keep to the restricted Pod Security Standard, on a read-only file system, without a token', async t => {
  t.match(pod.spec.securityContext, { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } })
  t.strictSame(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] }
  })
  t.strictSame([pod.spec.automountServiceAccountToken, account.automountServiceAccountToken], [false, false])
})

t.test('kustomize builds the base, and the overlay of ops/README.md', async t => {
  const kustomize = kustomizeCommand()
  if (kustomize === undefined) return havePrograms(t, 'kustomize')
  const directory = await temporaryDirectory(t)
  const built = async (of: string) =>
    parseAllDocuments(await accepts(t, directory, ...kustomize, of)).map(document => document.toJS())
  await cp(base, join(directory, 'fastify-vitals', 'ops', 'kubernetes'), { recursive: true })
  t.same(
    (await built('fastify-vitals/ops/kubernetes')).map(({ kind }) => kind).sort(),
    Object.values(manifests).map(({ kind }) => kind).sort()
  )

  const [, overlay = ''] = /^```yaml\n(# kustomization\.yaml\n.*?)^```$/ms.exec(await read('ops/README.md')) ?? []
  await mkdir(join(directory, 'vitals'))
  await writeFile(join(directory, 'vitals', 'kustomization.yaml'), overlay)
  const overlaid = await built('vitals')
  for (const { kind, metadata } of overlaid) {
    t.match(metadata, { namespace: 'vitals', labels: { release: 'prometheus' } }, kind)
  }
  const { spec } = overlaid.find(({ kind }) => kind === 'Deployment')
  t.equal(spec.template.spec.containers[0].image, `registry.example.com/${container.image}`)
  t.strictSame(spec.selector, deployment.spec.selector)
  const urls = JSON.stringify(overlaid).match(/"url":"[^"]+"/g)
  t.strictSame(urls, ['"url":"https://vitals.example.com/runbook"'], 'the runbook is where people reach it')
})
