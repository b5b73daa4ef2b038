import { familiesOf, namingNames, type Naming } from '../../../metrics/naming/index.js'
import { readExposition, type Exposition } from '../../shared/exposition.js'
import { excerpt } from '../context.js'
import { count, fail, pass, type Result, type Step } from '../step.js'

export const metrics: Step = {
  name: 'metrics',
  title: 'Metrics',
  parts: ['service'],
  needs: ['service'],
  async check ({ ask, options: { management } }) {
    const curl = `curl -i ${management.origin}/metrics/`
    const { status, type, text } = await ask('management', '/metrics/')
    if (status === 401 || status === 403) {
      return fail(
        `/metrics/ answers ${status}: it asks for a login`,
        'The service has a MANAGEMENT_TOKEN, or something before it guards it; Prometheus needs the login too.',
        'add basic_auth or authorization to the job in ops/prometheus/prometheus.yml',
        'for the doctor: SERVICE_URL=http://user:password@host npm run doctor'
      )
    }
    if (status === 404) {
      return fail(
        '/metrics/ answers 404: it is not there',
        'The service has MANAGEMENT_APART=true, ' +
        'so that its MANAGEMENT_PORT serves it instead, or this is another program.',
        'npm run doctor -- --management URL',
        curl
      )
    }
    if (status !== 200) {
      return fail(
        `/metrics/ answers ${status}: ${excerpt(text)}`,
        'The service, or a proxy before it, does not serve its metrics.',
        curl,
        'docker compose logs app'
      )
    }
    if (!/^(text\/plain; *version=|application\/openmetrics-text)/.test(type)) {
      return fail(
        `/metrics/ is ${type || 'of no content type'}`,
        'Prometheus 3 refuses all but text/plain; ' +
        'version=0.0.4 and OpenMetrics: a proxy rewrote it, or answers instead.',
        curl
      )
    }
    try {
      return judge(readExposition(text), curl)
    } catch (error) {
      return fail('/metrics/ is not well formed', `${(error as Error).message}.`, `${curl} | promtool check metrics`)
    }
  }
}

function judge ({ types, samples }: Exposition, curl: string): Result {
  // A family without series is not there, so one of those that only a naming has tells that it is served.
  const served = namingNames.filter(name => only(name).some(family => types.has(family)))
  if (served.length > 0 && types.has('process_start_time_seconds')) {
    return pass(`${count(types.size, 'metric')}, ${samples.length} series, named as ${served.join(' and ')}`)
  }
  const lacks = served.length > 0
    ? 'not process_start_time_seconds'
    : `none of ${namingNames.map(name => only(name)[0]).join(', ')}`
  return fail(
    `/metrics/ has ${count(types.size, 'metric')}, but ${lacks}`,
    'This is another service, or another version of it than the doctor.',
    curl,
    'npm run doctor -- --service URL'
  )
}

function only (name: Naming): string[] {
  const common = new Set(familiesOf([]).map(({ name }) => name))
  return familiesOf([name]).map(({ name }) => name).filter(name => !common.has(name))
}
