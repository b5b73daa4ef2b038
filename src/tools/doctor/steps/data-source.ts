import type { Context } from '../context.js'
import { excerpt } from '../context.js'
import { fail, pass, type Result, type Step } from '../step.js'

interface DataSource {
  uid: string
  name: string
  type: string
  url: string
  isDefault?: boolean
}

interface Runtime {
  data?: { startTime?: string }
}

const logs = 'docker compose logs grafana'

export const dataSource: Step = {
  name: 'data-source',
  title: 'Data source',
  parts: ['grafana'],
  needs: ['grafana', 'prometheus'],
  async check (context) {
    const sources = (await context.askList<DataSource>(
      'grafana',
      '/api/datasources'
    )).filter(({ type }) => type === 'prometheus')
    const source = sources.find(({ isDefault }) => isDefault) ?? sources[0]
    if (source === undefined) {
      return fail(
        'none of the type Prometheus',
        'ops/grafana/provisioning is not mounted, or has an error.',
        logs,
        'docker compose up -d --force-recreate grafana'
      )
    }
    return await answers(context, source) ?? await sameAs(context, source)
  }
}

async function answers ({ ask }: Context, { uid, name, url }: DataSource): Promise<Result | undefined> {
  const { status, text } = await ask('grafana', `/api/datasources/uid/${encodeURIComponent(uid)}/health`)
  if (status === 200) return undefined
  return fail(
    `${name} does not answer: ${excerpt(messageOf(text))}`,
    `From where Grafana is, Prometheus is not at ${url}. ` +
    'In Docker it is http://prometheus:9090; localhost is the container of Grafana itself.',
    'correct url in ops/grafana/provisioning/datasources, then: docker compose restart grafana',
    logs
  )
}

/** Asks Prometheus by way of Grafana and directly when it was started, for there may be another. */
async function sameAs ({ ask, askJson, options }: Context, { uid, name, url }: DataSource): Promise<Result> {
  if (options.skip.includes('prometheus')) return pass(`${name} answers`)
  const path = '/api/v1/status/runtimeinfo'
  const { status, type, text } = await ask('grafana', `/api/datasources/proxy/uid/${encodeURIComponent(uid)}${path}`)
  const behind = status === 200 && type.includes('json') ? (JSON.parse(text) as Runtime).data?.startTime : undefined
  const direct = (await askJson<Runtime>('prometheus', path)).data?.startTime
  if (behind === undefined || behind === direct) return pass(`${name} answers, from ${url}`)
  return fail(
    `${name} at ${url} is another Prometheus than ${options.prometheus.origin}`,
    `One was started ${behind}, the other ${direct}.`,
    'correct url in ops/grafana/provisioning/datasources, then: docker compose restart grafana',
    'or look at the other: npm run doctor -- --prometheus URL'
  )
}

function messageOf (text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text
  } catch {
    return text
  }
}
