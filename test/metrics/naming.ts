import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Catalogue, overflow } from '../../src/metrics/catalogue.js'
import { createExposition } from '../../src/metrics/exposition/exposition.js'
import { text004 } from '../../src/metrics/exposition/format.js'
import { labelNamesOf, type Family } from '../../src/metrics/family.js'
import { django, djangoAbsent } from '../../src/metrics/naming/django.js'
import { familiesOf, merge, namingNames, type Naming } from '../../src/metrics/naming/index.js'
import { exceptionOf, pythonBound } from '../../src/metrics/naming/python.js'
import { histogramsOf, keyOf, numbersOf, parse, type ParsedFamily } from '../fixtures/exposition.js'
import { createInstruments, recordEverything, type HistogramName, type Instruments } from '../fixtures/instruments.js'

const every: readonly Naming[] = ['fastify', 'django', 'otel']

/** Renders, in these namings, what a function records. */
function render (namings: readonly Naming[], act: (instruments: Instruments) => void, catalogue = new Catalogue()) {
  act(createInstruments(catalogue))
  return parse(createExposition(catalogue, familiesOf(namings), text004).render().text)
}

interface Recorded {
  readonly instrument: HistogramName
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Multiples of 2^-20, so that sums are exact in any order, and bounds themselves, as counts must be too. */
const value = fc.integer({ min: 0, max: 100 * 2 ** 20 }).map(value => value / 2 ** 20)
const method = fc.constantFrom('GET', 'POST', '_OTHER')
const probes = ['/health/ready', '/metrics/']
const route = fc.constantFrom('', '/', '/things/:id', '/a "b"\\{c}', '/healthy', ...probes)
const scheme = fc.constantFrom('http', 'https')
const query = {
  pool: fc.constantFrom('', 'replica'),
  operation: fc.constantFrom('select', 'insert'),
  query: fc.constantFrom('', 'list_things')
}
const recorded: fc.Arbitrary<Recorded> = fc.oneof(
  fc.record({
    instrument: fc.constant('http.server.requests' as const),
    labels: fc.record({ method, route, status: fc.constantFrom('200', '404', '503'), scheme }),
    value
  }),
  fc.record({
    instrument: fc.constant('http.server.aborted' as const),
    labels: fc.record({ method, route, scheme }),
    value
  }),
  fc.record({
    instrument: fc.constantFrom('db.query.wait' as const, 'db.query.execution' as const),
    labels: fc.record(query),
    value
  })
)

const play = (records: readonly Recorded[]) => ({ record }: Instruments) => {
  for (const { instrument, labels, value } of records) record(instrument, Object.values(labels), value)
}

const L = [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75]
const operation = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
const querying = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const djangoMethod = (method: string) => method === '_OTHER' ? '<invalid method>' : method
const djangoViews: Record<string, string> = {
  '/metrics': 'prometheus-django-metrics',
  '/metrics/': 'prometheus-django-metrics',
  '': '<unnamed view>'
}
const djangoView = (route: string) =>
  djangoViews[route] ?? (/^\/health(\/|$)/.test(route) ? 'health_check:health_check_home' : route)
const requests = 'http.server.requests'
const aborted = 'http.server.aborted'

type Relabel = (labels: Record<string, string>, instrument: string) => Record<string, string>
const database: Relabel = ({ pool }) => ({ alias: pool || 'default', vendor: 'postgresql' })
const ended = [requests, aborted]

/** What each name stands for, told a second time and in plain words: instruments, bounds, labels. */
type Reference = [of: string[], bounds: number[], relabel: Relabel, start?: Array<Record<string, string>>]
const histograms: Record<Naming, Record<string, Reference>> = {
  fastify: {
    http_request_duration_seconds: [
      [requests],
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      ({ method = '', route, status = '' }) => ({ method, route: route || '__unknown__', status_code: status })
    ],
    http_service_duration_seconds: [[requests], [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      ({
        route = '',
        status = ''
      }) => ({ traffic: probes.includes(route) ? 'probes' : 'users', status_class: `${status.slice(0, 1)}xx` }),
      ['2xx', '3xx', '4xx', '5xx'].map(name => ({ traffic: 'users', status_class: name }))],
    db_query_duration_seconds: [['db.query.execution'], querying, labels => labels],
    db_query_wait_seconds: [['db.query.wait'], querying, labels => labels],
    db_pool_query_duration_seconds: [['db.query.execution'], querying, ({ pool = '' }) => ({ pool })],
    db_pool_query_wait_seconds: [['db.query.wait'], querying, ({ pool = '' }) => ({ pool })]
  },
  django: {
    django_http_requests_latency_seconds: [[requests], L, () => ({}), [{}]],
    django_http_requests_latency_including_middlewares_seconds: [ended, L, () => ({}), [{}]],
    django_http_requests_latency_seconds_by_view_method: [
      [requests],
      L,
      ({ method = '', route = '' }) => ({ view: djangoView(route), method: djangoMethod(method) })
    ],
    django_db_query_duration_seconds: [
      ['db.query.execution'],
      L,
      database,
      [{ alias: 'default', vendor: 'postgresql' }]
    ],
    django_db_execute_time_seconds: [['db.query.execution'], L, database, [{ alias: 'default', vendor: 'postgresql' }]]
  },
  otel: {
    http_server_request_duration_seconds: [
      ended,
      [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
      ({ method = '', route = '', status = '', scheme = '' }, instrument) => ({
        http_request_method: method,
        http_route: route,
        http_response_status_code: status,
        url_scheme: scheme,
        error_type: instrument === aborted ? 'aborted' : status === '503' ? '503' : ''
      })
    ],
    db_client_operation_duration_seconds: [
      ['db.query.execution'],
      operation,
      ({ pool = '', operation = '', query = '' }) => ({
        db_system_name: 'postgresql',
        db_operation_name: operation,
        db_query_summary: query,
        db_client_connection_pool_name: pool
      })
    ],
    db_client_connection_wait_time_seconds: [
      ['db.query.wait'],
      operation,
      ({ pool }) => ({ db_client_connection_pool_name: pool || 'default' })
    ]
  }
}

const text = (naming: Naming, bound: number) =>
  naming === 'django' && Number.isInteger(bound) ? `${bound}.0` : `${bound}`
const withoutEmpty = (labels: Record<string, string>) =>
  Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))

/** Sorts values into series, counts and sums them, without cells. */
function reference (naming: Naming, name: string, records: readonly Recorded[]) {
  const [of, bounds, relabel, start] = histograms[naming][name] as (typeof histograms)[Naming][string]
  const series = new Map<string, { labels: Record<string, string>, values: number[] }>()
  for (const labels of start ?? []) series.set(keyOf(labels), { labels, values: [] })
  for (const { instrument, labels: all, value } of records.filter(({ instrument }) => of.includes(instrument))) {
    const labels = withoutEmpty(relabel(all, instrument))
    const one = series.get(keyOf(labels)) ?? { labels, values: [] }
    series.set(keyOf(labels), one)
    one.values.push(value)
  }
  return Object.fromEntries([...series].map(([key, { labels, values }]) => [key, {
    labels,
    buckets: {
      ...Object.fromEntries(bounds.map(bound => [text(naming, bound), values.filter(value => value <= bound).length])),
      '+Inf': values.length
    },
    sum: values.reduce((sum, value) => sum + value, 0),
    count: values.length
  }]))
}

t.test('any records, in any naming, give the buckets, sums and counts that a plain reference computes', async t => {
  t.strictSame(namingNames, every)
  fc.assert(fc.property(fc.array(recorded), fc.subarray([...every], { minLength: 1 }), (records, namings) => {
    const parsed = render(namings, play(records))
    for (const naming of namings) {
      for (const name of Object.keys(histograms[naming])) {
        assert.deepEqual(histogramsOf(parsed.get(name)), reference(naming, name, records), name)
      }
    }
  }))
})

t.test('a value at a bound counts there, in every naming', async t => {
  for (const naming of every) {
    for (const [name, [[instrument], bounds]] of Object.entries(histograms[naming])) {
      for (const bound of bounds) {
        const labels = instrument === requests ? ['GET', '/', '200', 'http'] : ['', 'select', 'q']
        const parsed = render([naming], ({ record }) => { record(instrument as HistogramName, labels, bound) })
        const [series] = Object.values(histogramsOf(parsed.get(name)))
        t.strictSame(
          series?.buckets,
          { ...Object.fromEntries(bounds.map(other => [text(naming, other), other >= bound ? 1 : 0])), '+Inf': 1 },
          `${name} ${bound}`
        )
      }
    }
  }
})

t.test('the namings agree to the digit where they tell the same', async t => {
  type Where = (labels: Readonly<Record<string, string>>) => boolean
  const total = (parsed: Map<string, ParsedFamily>, name: string, where: Where = () => true) => {
    const series = Object.values(histogramsOf(parsed.get(name))).filter(({ labels }) => where(labels))
    return {
      count: series.reduce((sum, { count }) => sum + count, 0),
      sum: series.reduce((total, { sum }) => total + sum, 0)
    }
  }
  const sum = (parsed: Map<string, ParsedFamily>, name: string) =>
    Object.values(numbersOf(parsed.get(name))).reduce((sum, value) => sum + value, 0)

  fc.assert(fc.property(fc.array(recorded), records => {
    const parsed = render(every, play(records))
    const answered = total(parsed, 'http_request_duration_seconds')
    assert.deepEqual(total(parsed, 'django_http_requests_latency_seconds'), answered)
    assert.deepEqual(total(parsed, 'django_http_requests_latency_seconds_by_view_method'), answered)
    assert.deepEqual(
      total(parsed, 'http_server_request_duration_seconds', ({ error_type: error }) => error !== 'aborted'),
      answered
    )
    assert.equal(sum(parsed, 'django_http_responses_total_by_status_total'), answered.count)
    assert.equal(sum(parsed, 'django_http_responses_total_by_status_view_method_total'), answered.count)

    const all = total(parsed, 'http_server_request_duration_seconds')
    assert.deepEqual(total(parsed, 'django_http_requests_latency_including_middlewares_seconds'), all)
    assert.equal(answered.count + sum(parsed, 'http_requests_aborted_total'), all.count)
    for (const name of [
      'responses_before_middlewares',
      'requests_total_by_method',
      'requests_total_by_transport',
      'requests_total_by_view_transport_method'
    ]) assert.equal(sum(parsed, `django_http_${name}_total`), all.count, name)

    const queries = total(parsed, 'db_query_duration_seconds')
    for (const name of [
      'db_pool_query_duration_seconds',
      'django_db_query_duration_seconds',
      'django_db_execute_time_seconds',
      'db_client_operation_duration_seconds'
    ]) assert.deepEqual(total(parsed, name), queries)
    assert.equal(sum(parsed, 'django_db_execute_total'), queries.count)
    for (const name of ['db_pool_query_wait_seconds', 'db_client_connection_wait_time_seconds']) {
      assert.deepEqual(total(parsed, name), total(parsed, 'db_query_wait_seconds'))
    }

    const statusOf = (name: string, label: string) =>
      (status: string) => total(parsed, name, labels => labels[label] === status).count
    for (const status of ['200', '404', '503']) {
      const count = statusOf('http_request_duration_seconds', 'status_code')(status)
      assert.equal(statusOf('http_server_request_duration_seconds', 'http_response_status_code')(status), count)
      assert.equal(numbersOf(parsed.get('django_http_responses_total_by_status_total'))[keyOf({ status })] ?? 0, count)
    }
  }))
})

t.test('a request without a body has one of 0 bytes, in every naming, unless its size is not known', async t => {
  const names = [
    'http_request_body_bytes',
    'django_http_requests_body_total_bytes',
    'http_server_request_body_size_bytes'
  ]
  const families = render(every, ({ record, add }) => {
    for (let times = 0; times < 3; times++) record('http.server.requests', ['GET', '/', '200', 'http'], 0.1)
    record('http.server.request.body', [], 100)
    add('http.server.request.unsized', [], 1)
  })
  for (const name of names) {
    t.match(histogramsOf(families.get(name)), { [keyOf({})]: { count: 2, sum: 100 } }, name)
  }
})

t.test('every family has its series, its instruments exist, and its help says something', async t => {
  const catalogue = new Catalogue()
  const parsed = render(every, recordEverything, catalogue)
  const expectEmpty = ['db_client_connection_timeouts_total']
  for (const { name, type, help, of } of familiesOf(every)) {
    for (const instrument of of) t.ok(catalogue.instruments.has(instrument), `${name} reads ${instrument}`)
    t.match(help, /^[A-Z].*\.$/)
    if (/_seconds/.test(name)) t.match(help, /in seconds/, name)
    if (/_bytes/.test(name)) t.match(help, /in bytes/, name)
    if (expectEmpty.includes(name)) continue
    t.ok(parsed.get(name)?.samples.length, name)
    t.equal(parsed.get(name)?.type, type)
  }
  const read = new Set(familiesOf(['fastify']).flatMap(family => [
    ...family.of,
    ...'minus' in family ? family.minus : [],
    ...'all' in family ? family.all.minus : []
  ]))
  t.strictSame(
    [...catalogue.instruments.keys()].filter(name => !read.has(name)),
    [],
    'nothing is recorded that the default naming does not show'
  )
})

t.test('no label is empty', async t => {
  const parsed = render(every, instruments => {
    recordEverything(instruments)
    instruments.record(requests, ['GET', '', '404', 'http'], 1)
    instruments.record('db.query.execution', ['', 'select', ''], 1)
  })
  for (const { samples } of parsed.values()) {
    for (const { name, labels } of samples) t.notOk(Object.values(labels).includes(''), name)
  }
})

t.test('what comes with every naming comes once, and two definitions of a name are refused', async t => {
  const names = familiesOf(every).map(({ name }) => name)
  t.equal(new Set(names).size, names.length)
  for (const naming of every) t.ok(familiesOf([naming]).some(({ name }) => name === 'build_info'))
  t.strictSame(familiesOf(['otel', 'otel']), familiesOf(['otel']))

  const family: Family = { name: 'things_total', type: 'counter', help: 'Things.', of: ['things'] }
  t.strictSame(merge([[family], [{ ...family }]]), [family])
  t.throws(
    () => merge([[family], [{ ...family, of: ['others'] }]]),
    { name: 'TypeError', message: 'things_total has two different definitions' }
  )
  t.throws(() => merge([[family], [{ ...family, labels: () => ({}) }]]), TypeError)
})

t.test('past the cap, each naming shows the overflow series as that', async t => {
  const parsed = render(every, ({ record, add }) => {
    record(requests, ['GET', '/', '200', 'http'], 1)
    for (let index = 0; index < 5; index++) record(requests, ['GET', `/${index}`, '200', 'http'], 1)
    add('db.query.errors', ['', 'select', 'q', '23505'])
  }, new Catalogue({ maxSeries: 1 }))
  t.equal(
    histogramsOf(parsed.get(
      'http_request_duration_seconds'
    ))[keyOf({ method: overflow, route: overflow, status_code: overflow })]?.count,
    5
  )
  t.equal(numbersOf(parsed.get('django_http_requests_total_by_method_total'))[keyOf({ method: overflow })], 5)
  t.equal(
    numbersOf(parsed.get('django_db_errors_total'))[keyOf({ alias: overflow, vendor: 'postgresql', type: overflow })],
    1
  )
  t.equal(
    histogramsOf(parsed.get('http_server_request_duration_seconds'))[keyOf({
      http_request_method: overflow,
      http_route: overflow,
      http_response_status_code: overflow,
      url_scheme: overflow
    })]?.count,
    5
  )
})

t.test('a pool is named where there is more than one', async t => {
  const parsed = render(every, ({ add }) => {
    for (const pool of ['', 'replica']) add('db.connections', [pool, 'used'], 2)
  })
  t.strictSame(numbersOf(parsed.get('db_connections')), {
    [keyOf({ state: 'used' })]: 2,
    [keyOf({ pool: 'replica', state: 'used' })]: 2
  })
  t.strictSame(
    Object.keys(numbersOf(parsed.get('db_client_connection_count'))),
    ['default', 'replica'].map(name => keyOf({
      db_client_connection_pool_name: name,
      db_client_connection_state: 'used'
    }))
  )
})

t.test('a connection that fails to open is an error to django, and a timeout to otel if one waited', async t => {
  const parsed = render(every, ({ add }) => {
    add('db.connections.opened', [''], 3)
    add('db.connection.errors', ['', 'CONNECT_TIMEOUT'])
    add('db.connection.errors', ['', 'ECONNREFUSED'])
    add('db.query.errors', ['', 'select', 'q', 'CONNECT_TIMEOUT'])
    add('db.query.errors', ['', 'select', 'q', '23505'], 7)
  })
  const theDatabase = { alias: 'default', vendor: 'postgresql' }
  t.strictSame(numbersOf(parsed.get('django_db_new_connections_total')), { [keyOf(theDatabase)]: 5 })
  t.strictSame(numbersOf(parsed.get('django_db_new_connection_errors_total')), { [keyOf(theDatabase)]: 2 })
  t.match(numbersOf(parsed.get('django_db_errors_total')), {
    [keyOf({ ...theDatabase, type: 'OperationalError' })]: 1,
    [keyOf({ ...theDatabase, type: 'IntegrityError' })]: 7
  })
  t.strictSame(
    numbersOf(parsed.get('db_client_connection_timeouts_total')),
    { [keyOf({ db_client_connection_pool_name: 'default' })]: 1 }
  )
})

t.test('the event loop\'s and garbage collection\'s times have OpenTelemetry\'s names', async t => {
  const parsed = render(['otel'], ({ add, record }) => {
    add('nodejs.eventloop.active', [], 1.5)
    add('nodejs.eventloop.idle', [], 2.5)
    record('nodejs.gc', ['weakcb'], 0.02)
  })
  t.strictSame(
    numbersOf(parsed.get('nodejs_eventloop_time_seconds_total')),
    { [keyOf({ nodejs_eventloop_state: 'active' })]: 1.5, [keyOf({ nodejs_eventloop_state: 'idle' })]: 2.5 }
  )
  t.strictSame(
    histogramsOf(parsed.get('v8js_gc_duration_seconds'))[keyOf({ v8js_gc_type: 'weakcb' })]?.buckets,
    { 0.01: 0, 0.1: 1, 1: 1, 10: 1, '+Inf': 1 }
  )
})

t.test('each name of django-prometheus is served or said to be absent, not both', async t => {
  const names = `
    http_requests_before_middlewares_total http_responses_before_middlewares_total
    http_requests_latency_including_middlewares_seconds http_requests_unknown_latency_including_middlewares_total
    http_requests_latency_seconds_by_view_method http_requests_unknown_latency_total http_ajax_requests_total
    http_requests_total_by_method_total http_requests_total_by_transport_total
    http_requests_total_by_view_transport_method_total
    http_requests_body_total_bytes http_responses_total_by_templatename_total http_responses_total_by_status_total
    http_responses_total_by_status_view_method_total http_responses_body_total_bytes
    http_responses_total_by_charset_total
    http_responses_streaming_total http_exceptions_total_by_type_total http_exceptions_total_by_view_total
    db_new_connections_total db_new_connection_errors_total db_execute_total db_execute_many_total db_errors_total
    db_query_duration_seconds
    model_inserts_total model_updates_total model_deletes_total migrations_applied_total migrations_unapplied_total
    cache_get_total cache_get_hits_total cache_get_misses_total cache_get_fail_total
  `.trim().split(/\s+/).map(name => `django_${name}`)
  const guides = ['django_http_requests_latency_seconds', 'django_db_execute_time_seconds']
  const absent = djangoAbsent.map(({ name }) => name)
  t.strictSame(
    [...django.map(({ name }) => name), ...absent.filter(name => name.startsWith('django_'))].sort(),
    [...names, ...guides].sort()
  )
  t.strictSame(
    absent.filter(name => !name.startsWith('django_')),
    [
      'python_info',
      'python_gc_objects_collected_total',
      'python_gc_objects_uncollectable_total',
      'python_gc_collections_total',
      '*_created'
    ]
  )
  for (const { name, reason } of djangoAbsent) t.match(reason, /\w{3}.*[^.]$/, name)
})

t.test('django\'s counters whose labels are known are there at 0 before anything happens', async t => {
  const parsed = render(['django'], () => {})
  t.equal(Object.keys(numbersOf(parsed.get('django_http_requests_total_by_method_total'))).length, 10)
  t.strictSame(
    numbersOf(parsed.get('django_http_requests_total_by_transport_total')),
    { [keyOf({ transport: 'http' })]: 0, [keyOf({ transport: 'https' })]: 0 }
  )
  for (const name of ['new_connections', 'new_connection_errors', 'execute', 'execute_many']) {
    t.strictSame(numbersOf(parsed.get(`django_db_${name}_total`)), {
      [keyOf({ alias: 'default', vendor: 'postgresql' })]: 0
    })
  }
  for (const name of [
    'django_http_requests_unknown_latency_total',
    'django_http_requests_unknown_latency_including_middlewares_total',
    'django_http_responses_before_middlewares_total'
  ]) {
    t.strictSame(numbersOf(parsed.get(name)), { [keyOf({})]: 0 })
  }
  t.equal(histogramsOf(parsed.get('django_http_requests_latency_seconds'))[keyOf({})]?.count, 0)
})

t.test('django\'s bounds are written as Python writes them', async t => {
  const parsed = render(['django'], recordEverything)
  const bounds = (name: string) =>
    Object.keys(Object.values(histogramsOf(parsed.get(name)))[0]?.buckets ?? {}).join(' ')
  t.equal(
    bounds('django_http_requests_latency_seconds'),
    '0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0 25.0 50.0 75.0 +Inf'
  )
  t.match(
    bounds('django_http_requests_body_total_bytes'),
    new RegExp(String.raw`^0\.0 1\.0 2\.0 4\.0 .* 262144\.0 524288\.0 1\.048576e\+06 2\.097152e\+06 4\.194304e\+06 ` +
      String.raw`8\.388608e\+06 1\.6777216e\+07 .* 5\.36870912e\+08 \+Inf$`)
  )
  t.equal(pythonBound(1e6), '1e+06')
})

t.test('an error is the Python exception that psycopg would raise', async t => {
  const cases = {
    23505: 'IntegrityError',
    42601: 'ProgrammingError',
    22012: 'DataError',
    40001: 'OperationalError',
    '08006': 'OperationalError',
    57014: 'OperationalError',
    '57P01': 'OperationalError',
    '25P02': 'InternalError',
    '0A000': 'NotSupportedError',
    P0001: 'ProgrammingError',
    XX000: 'InternalError',
    HV000: 'OperationalError',
    '02000': 'DatabaseError',
    ECONNREFUSED: 'OperationalError',
    EPIPE: 'OperationalError',
    CONNECTION_CLOSED: 'OperationalError',
    UNDEFINED_VALUE: 'InterfaceError',
    MESSAGE_NOT_SUPPORTED: 'NotSupportedError',
    [overflow]: overflow
  }
  for (const [code, exception] of Object.entries(cases)) t.equal(exceptionOf(code), exception, code)
  // https://github.com/psycopg/psycopg/blob/master/psycopg/psycopg/errors.py, by class of SQLSTATE.
  const classes = {
    DataError: '22',
    IntegrityError: '23',
    InternalError: '24 25 2B 2D XX X1',
    NotSupportedError: '0A',
    OperationalError: '08 27 28 2F 38 39 3B 40 53 54 55 57 58 F0 HV',
    ProgrammingError: '20 21 26 34 3D 3F 42 44 P0',
    DatabaseError: '00 01 02 03 09 1F 99 4X'
  }
  for (const [exception, starts] of Object.entries(classes)) {
    for (const start of starts.split(' ')) t.equal(exceptionOf(`${start}0A1`), exception, start)
  }
  for (const code of ['COPY_IN_PROGRESS', 'MAX_PARAMETERS_EXCEEDED', 'NOT_TAGGED_CALL', 'UNSAFE_TRANSACTION']) {
    t.equal(exceptionOf(code), 'InterfaceError', code)
  }
  for (const code of ['23', '235050', '2350', 'x23505', '23505 ', '2350a', '']) {
    t.equal(exceptionOf(code), 'OperationalError', `${code} is no SQLSTATE`)
  }
})

t.test('public Django dashboards leave out scrapes and probes by the names of their views', async t => {
  // django-mixin's djangoIgnoredViews.
  const ignored = /^(health_check:health_check_home|prometheus-django-metrics)$/
  const catalogue = new Catalogue()
  const instruments = createInstruments(catalogue)
  for (const route of [
    '/health',
    '/health/ready',
    '/health/live',
    '/metrics',
    '/healthy',
    '/orders'
  ]) instruments.record(requests, ['GET', route, '200', 'http'], 0.01)
  const text = createExposition(catalogue, familiesOf(['django']), text004).render().text.toString()
  const counts = new Map([
    ...text.matchAll(/^django_http_requests_total_by_view_transport_method_total\{view="([^"]+)".*\} (\d+)$/gm)
  ].map(([, view, count]) => [view, Number(count)]))
  t.strictSame(Object.fromEntries(counts), {
    'health_check:health_check_home': 3,
    'prometheus-django-metrics': 1,
    '/healthy': 1,
    '/orders': 1
  })
  t.strictSame([...counts.keys()].filter(view => !ignored.test(view as string)), ['/healthy', '/orders'])
})

t.test('each family tells the names of the labels that its series have', async t => {
  const catalogue = new Catalogue()
  const all = { pool: 'replica', status: '500', code: 'CONNECT_TIMEOUT', type: 'TypeError' }
  recordEverything(createInstruments(catalogue), all)
  const families = familiesOf(every)
  const served = parse(createExposition(catalogue, families, text004).render().text)
  for (const family of families) {
    const { samples = [] } = served.get(family.name) ?? {}
    const names = new Set(samples.flatMap(({ labels }) => Object.keys(labels)).filter(name => name !== 'le'))
    t.strictSame([...labelNamesOf(family)].sort(), [...names].sort(), family.name)
  }
})
