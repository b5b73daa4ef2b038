import { Type } from '../schema.js'

const tags = ['probes']
const status = Type.Enum(['healthy', 'unhealthy'])

const report = Type.Object({
  status,
  timestamp: Type.Number({ description: 'Seconds since 1970, with a fraction' }),
  checks: Type.Record(Type.String(), Type.Object({ status, message: Type.String() }))
}, {
  examples: [
    {
      status: 'healthy',
      timestamp: 1769860800.5,
      checks: { database: { status: 'healthy', message: 'Database connection is working' } }
    }
  ]
})

/** The schema of `/health/`. */
export const healthSchema = {
  tags, summary: 'Health of the service and of what it depends on', response: { 200: report, 503: report }
}

/** The schema of `/health/ready/`. */
export const readySchema = {
  tags,
  summary: 'Whether the service can take traffic now',
  response: {
    200: Type.Object({ status: Type.Literal('ready') }, { examples: [{ status: 'ready' }] }),
    503: Type.Object({
      status: Type.Literal('not_ready'),
      reason: Type.String({
        description: 'database_unreachable, database_login_refused, database_parameter_refused, database_missing, ' +
          'database_permission_denied, schema_missing, migrations_pending, overloaded, shutting_down, ' +
          'event_loop_blocked (on the management port), or that of a check of your own'
      })
    }, { examples: [{ status: 'not_ready', reason: 'database_unreachable' }] })
  }
}

/** The schema of `/health/live/`. */
export const aliveSchema = {
  tags,
  summary: 'Whether the event loop is alive; never looks at the database',
  response: {
    200: Type.Object({ status: Type.Literal('alive') }, { examples: [{ status: 'alive' }] }),
    503: Type.Object(
      { status: Type.Literal('not_alive'), reason: Type.String() },
      { examples: [{ status: 'not_alive', reason: 'event_loop_delay' }] }
    )
  }
}
