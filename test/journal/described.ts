import t, { type Test } from 'tap'
import { build } from '../fixtures/app.js'

/** What is written of a value in the document that `/docs` shows. */
interface Described {
  description?: string
  type?: string
  anyOf?: Described[]
  enum?: string[]
  format?: string
  properties?: Record<string, Described>
  required?: string[]
  additionalProperties?: boolean | Described
  items?: Described
  [keyword: string]: unknown
}

interface Operation {
  tags: string[]
  summary: string
  parameters?: Array<{ name: string, in: string, required?: boolean, description?: string, schema: Described }>
  requestBody?: { content: Record<string, { schema: Described }> }
  responses: Record<string, { description: string, content: Record<string, { schema: Described }> }>
}

const app = await build(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', MIGRATE_ON_START: 'false' })
const { paths } = (await app.inject('/docs/json')).json() as { paths: Record<string, Record<string, Operation>> }
const operation = (method: string, path: string) => paths[path]?.[method] as Operation
const json = ({ content }: { content: Record<string, { schema: Described }> }) =>
  (content['application/json'] as { schema: Described }).schema

/** The kind of a value and its limits, in a few words. */
function kind (value: Described): string {
  const { type, anyOf, items, additionalProperties: others } = value
  if (anyOf !== undefined) return anyOf.map(kind).join(' or ')
  const limits = ['format', 'minimum', 'maximum', 'default', 'maxItems']
    .flatMap(keyword => value[keyword] === undefined ? [] : `${keyword} ${String(value[keyword])}`)
  const of = items === undefined ? '' : ` of ${kind(items)}`
  const values = typeof others === 'object' ? ` of ${kind(others)}` : ''
  const named = type ?? (value.enum === undefined ? 'anything' : 'string')
  return [`${named}${of}${values}`, ...limits, ...value.enum === undefined ? [] : [value.enum.join('|')]]
    .join(', ')
}

/** The fields of an object by name, those that may be left out with a question mark. */
const fields = ({ properties = {}, required = [] }: Described) => Object.fromEntries(
  Object.entries(properties).map(([name, value]) => [required.includes(name) ? name : `${name}?`, kind(value)])
)

const parameters = ({ parameters = [] }: Operation) => Object.fromEntries(
  parameters.map(({ name, in: where, required = false, schema }) =>
    [required ? name : `${name}?`, `${where}: ${kind(schema)}`])
)

const filter = {
  'severity?': 'query: string',
  'label?': 'query: array of string, maxItems 20',
  'from?': 'query: string, format date-time',
  'to?': 'query: string, format date-time'
}
const status = 'string, firing|resolved|stale'
const pairs = 'object of string'
const alert = {
  id: 'string',
  fingerprint: 'string',
  status,
  name: 'string',
  severity: 'string or null',
  startsAt: 'string',
  endsAt: 'string or null',
  lastHeardAt: 'string',
  labels: pairs,
  annotations: pairs,
  generatorURL: 'string',
  receiver: 'string',
  groupKey: 'string',
  externalURL: 'string',
  receivedAt: 'string',
  resolvedReceivedAt: 'string or null'
}
const error = { statusCode: 'integer', 'code?': 'string', error: 'string', message: 'string' }

t.test('the docs tell what can be asked of the journal', async t => {
  t.strictSame(parameters(operation('get', '/api/alerts')), {
    'status?': `query: ${status}`,
    'name?': 'query: string',
    ...filter,
    'limit?': 'query: integer, minimum 1, maximum 200, default 50',
    'cursor?': 'query: string'
  })
  t.strictSame(parameters(operation('get', '/api/alerts/summary')), filter)
  t.strictSame(parameters(operation('get', '/api/alerts/{id}')), { id: 'path: string' })
  t.strictSame(parameters(operation('post', '/api/alerts')), {})
})

t.test('the docs tell what a webhook holds', async t => {
  const body = json(operation('post', '/api/alerts').requestBody as { content: Record<string, { schema: Described }> })
  t.strictSame(fields(body), {
    version: 'string, 4|1',
    'groupKey?': 'string',
    'truncatedAlerts?': 'integer',
    'status?': 'string',
    'receiver?': 'string',
    'groupLabels?': pairs,
    'commonLabels?': pairs,
    'commonAnnotations?': pairs,
    'externalURL?': 'string',
    alerts: 'array of object'
  })
  t.strictSame(fields(body.properties?.alerts?.items as Described), {
    status: 'string, firing|resolved',
    labels: pairs,
    'annotations?': pairs,
    startsAt: 'string, format date-time',
    endsAt: 'string, format date-time',
    'generatorURL?': 'string',
    'fingerprint?': 'string'
  })
})

t.test('the docs tell what the journal answers', async t => {
  const answer = (method: string, path: string, status = '200') =>
    json(operation(method, path).responses[status] as Operation['responses'][string])
  t.strictSame(fields(answer('get', '/api/alerts/{id}')), alert)
  const page = answer('get', '/api/alerts')
  t.strictSame(fields(page), { alerts: 'array of object', next: 'string or null' })
  t.strictSame(fields(page.properties?.alerts?.items as Described), alert)
  const summary = answer('get', '/api/alerts/summary')
  t.strictSame(fields(summary), { summary: 'array of object' })
  t.strictSame(fields(summary.properties?.summary?.items as Described), {
    name: 'string',
    count: 'integer',
    firing: 'integer',
    stale: 'integer',
    firingSeconds: 'number',
    meanSeconds: 'number',
    longestSeconds: 'number',
    lastSeenAt: 'string'
  })
  t.strictSame(fields(answer('post', '/api/alerts')), {
    received: 'integer',
    created: 'integer',
    resolved: 'integer',
    reopened: 'integer',
    unchanged: 'integer',
    ended: 'integer',
    refused: 'integer',
    refusals: 'array of string',
    truncated: 'integer'
  })
  for (const [method, path, refusals] of [
    ['post', '/api/alerts', ['400', '401', '413', '503']],
    ['get', '/api/alerts', ['400', '503']],
    ['get', '/api/alerts/summary', ['400', '503']],
    ['get', '/api/alerts/{id}', ['400', '404', '503']]
  ] as const) {
    t.strictSame(Object.keys(operation(method, path).responses), ['200', ...refusals], `${method} ${path}`)
    for (const status of refusals) t.strictSame(fields(answer(method, path, status)), error, `${path} ${status}`)
  }
})

t.test('each route, parameter and field of the journal is described in whole words', async t => {
  const operations = Object.entries(paths).filter(([path]) => path.startsWith('/api/alerts'))
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, of]) => [`${method} ${path}`, of] as const))
  t.equal(operations.length, 4)

  // A text that lost a part begins in the middle, or ends with what was to join them.
  const isWhole = (t: Test, what: string, text = '', allowed: string[] = []) => {
    t.match(text, /[a-z)]$/, `${what} ends with a word`)
    t.ok(/^[A-Z]/.test(text) || text.startsWith(allowed[0] ?? 'A'), `${what} begins a sentence: ${text}`)
    for (const value of allowed) t.match(text, new RegExp(`\\b${value}\\b`), `${what} tells of ${value}`)
  }
  const isDescribed = (t: Test, what: string, { description, enum: allowed, properties, items }: Described) => {
    isWhole(t, what, description, allowed)
    for (const [name, value] of Object.entries({ ...properties, ...items?.properties })) {
      isDescribed(t, `${what}.${name}`, value)
    }
  }

  for (const [name, { tags, summary, parameters = [], requestBody, responses }] of operations) {
    t.strictSame(tags, ['alerts'], name)
    isWhole(t, name, summary)
    for (const { name: parameter, description, schema } of parameters) {
      isWhole(t, `${name} ${parameter}`, description, schema.enum)
    }
    if (requestBody !== undefined) isDescribed(t, `${name} body`, json(requestBody))
    for (const [status, response] of Object.entries(responses)) {
      isWhole(t, `${name} ${status}`, response.description)
      for (const [field, value] of Object.entries(json(response).properties ?? {})) {
        isDescribed(t, `${name} ${status} ${field}`, value)
      }
    }
  }
})
