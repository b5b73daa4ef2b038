import type { Context } from '../context.js'
import { excerpt } from '../context.js'
import { fail, pass, type Result, type Step } from '../step.js'

interface Report {
  status?: string
  reason?: string
  checks?: Record<string, { status: string, message: string }>
}

const database = [
  'docker compose ps postgres && docker compose logs postgres',
  'without Docker: start the server that DATABASE_URL names, or npm start, which brings its own'
]

/** What to do about a reason that readiness gives. */
const remedies: Record<string, { why: string, todo: string[] }> = {
  database_unreachable: {
    why: 'The service cannot reach its database, or gets no connection in time.',
    todo: database
  },
  migrations_pending: {
    why: 'The database lacks migrations that this version needs.',
    todo: ['restart the service with MIGRATE_ON_START=true']
  },
  overloaded: {
    why: 'The event loop is late, or memory is at its limit: it sheds requests.',
    todo: ['docker stats --no-stream', 'look at the dashboard Runtime']
  },
  shutting_down: { why: 'The service is about to stop.', todo: ['docker compose up -d app'] }
}

export const health: Step = probe('health', 'Health', '/health/', (path, status, { checks = {} }) => {
  const sick = Object.entries(checks).filter(([, check]) => check.status !== 'healthy')
  if (status === 200) return pass(`healthy: ${Object.keys(checks).join(', ')}`)
  return fail(
    `${path} answers ${status}: ${sick.map(([name]) => name).join(', ') || 'unhealthy'}`,
    sick.map(([name, { message }]) => `${name}: ${message}`).join('; '),
    ...'database' in Object.fromEntries(sick) ? database : ['docker compose logs app']
  )
})

export const ready: Step = probe('ready', 'Readiness', '/health/ready/', (path, status, { reason = '' }, url) => {
  if (status === 200) return pass('ready')
  const { why, todo } = remedies[reason] ??
    { why: `A check of the service fails: ${reason}.`, todo: [`curl ${url}/health/`, 'docker compose logs app'] }
  return fail(`${path} answers ${status}: ${reason}`, why, ...todo)
})

export const live: Step = probe('live', 'Liveness', '/health/live/', (path, status, { reason = '' }) => {
  if (status === 200) return pass('alive')
  return fail(
    `${path} answers ${status}: ${reason}`,
    'The event loop is stuck in work that takes too long.',
    'docker compose logs app',
    'docker compose restart app'
  )
})

function probe (
  name: string,
  title: string,
  path: string,
  judge: (path: string, status: number, report: Report, url: string) => Result
): Step {
  return {
    name,
    title,
    parts: ['service'],
    needs: ['service'],
    check: async context => await ask(context, path, judge)
  }
}

async function ask (
  { ask, options: { service } }: Context,
  path: string,
  judge: (path: string, status: number, report: Report, url: string) => Result
): Promise<Result> {
  const { status, type, text } = await ask('service', path)
  if (type.includes('json') && (status === 200 || status === 503)) {
    return judge(path, status, JSON.parse(text), service.origin)
  }
  return fail(
    `${path} answers ${status}: ${excerpt(text)}`,
    'That is not an answer of the service: something before it answers instead.',
    `curl -i ${service.origin}${path}`
  )
}
