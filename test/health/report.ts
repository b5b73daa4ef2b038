import t from 'tap'
import { healthReport, unreadyReason } from '../../src/health/report.js'

const answer = (name: string, healthy: boolean, critical = true) => ({
  name,
  critical,
  outcome: { healthy, message: `${name}!`, reason: `${name}_bad`, seconds: 0 }
})

t.test('the report has the shape that monitoring expects', async t => {
  t.strictSame(healthReport([answer('database', true), answer('application', true)], 1706400000.5), {
    status: 'healthy',
    timestamp: 1706400000.5,
    checks: {
      database: { status: 'healthy', message: 'database!' },
      application: { status: 'healthy', message: 'application!' }
    }
  })
})

t.test('a critical failure turns the whole unhealthy, another only shows', async t => {
  t.match(
    healthReport([answer('a', false), answer('b', true)], 0),
    { status: 'unhealthy', checks: { a: { status: 'unhealthy' }, b: { status: 'healthy' } } }
  )
  t.match(
    healthReport([answer('a', false, false), answer('b', true)], 0),
    { status: 'healthy', checks: { a: { status: 'unhealthy' } } }
  )
})

t.test('readiness names the first critical failure', async t => {
  t.equal(unreadyReason([answer('a', true), answer('b', false, false)]), undefined)
  t.equal(unreadyReason([answer('a', false, false), answer('b', false), answer('c', false)]), 'b_bad')
})
