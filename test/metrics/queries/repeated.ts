import t from 'tap'
import { Catalogue } from '../../../src/metrics/catalogue.js'
import { createQueryInstruments } from '../../../src/metrics/queries/query-instruments.js'
import { RepeatedQueries, type Repeated } from '../../../src/metrics/queries/repeated-queries.js'
import { RequestQueries, type QueryKey } from '../../../src/metrics/queries/request-queries.js'
import { RouteQueries } from '../../../src/metrics/queries/route-queries.js'
import { serverTiming } from '../../../src/metrics/queries/server-timing.js'
import { read } from '../../fixtures/measured.js'

const template = ['select ', '']
const places = new Map<unknown, string>([[template, 'src/books.ts:7']])

/** What is told and recorded of requests, of a route, that ask queries. */
function recorder (limit: number) {
  const catalogue = new Catalogue()
  const instruments = createQueryInstruments(catalogue)
  const told: Repeated[] = []
  const time = { now: 0 }
  const repeated = new RepeatedQueries(
    instruments, limit, strings => places.get(strings), each => { told.push(each) }, () => time.now
  )
  const byRoute = new Map<string, RouteQueries>()
  const routeOf = (route: string) => {
    const known = byRoute.get(route) ?? new RouteQueries(instruments, repeated, route, method => method.slice(0, 4))
    byRoute.set(route, known)
    return known
  }
  /** Has a request ask queries, one after the other, each of which waits for 1 s and takes 2 s. */
  const request = (route: string, keys: Array<QueryKey | undefined>, method = 'GET') => {
    const queries = new RequestQueries(catalogue, routeOf(route), method)
    for (const key of keys) {
      const asked = queries.ask()
      asked.charge(key, 1, 2)
      asked.settle()
    }
    queries.end()
  }
  return {
    told,
    time,
    request,
    repeated: (query: string) => read(catalogue, 'http.server.db.repeated', { query }).count,
    of: (name: string, labels = {}) => read(catalogue, `http.server.db.${name}`, labels)
  }
}
const times = <T>(count: number, what: T) => Array<T>(count).fill(what)

t.test('a query is repeated when one request asks it more often than the limit', async t => {
  const { told, request, repeated, of } = recorder(3)
  request('/books', times(3, 'find_book'))
  t.strictSame([told, of('repeated').count], [[], 0], 'as often as the limit is not too often')
  request('/books', ['find_author', ...times(3, 'find_book'), 'find_author'])
  t.strictSame([told, of('repeated').count], [[], 0], 'other queries do not count')
  request('/books', ['find_author', ...times(4, 'find_book'), ...times(4, 'find_shop'), 'find_author'])
  t.strictSame(told, [
    { method: 'GET', route: '/books', query: 'find_book', count: 4 },
    { method: 'GET', route: '/books', query: 'find_shop', count: 4 }
  ])
  t.strictSame([repeated('find_book'), repeated('find_shop'), repeated('find_author')], [1, 1, 0])
  request('/shops', times(9, undefined))
  t.equal(told.length, 2, 'queries that nothing tells apart are not compared')
  request('/shops', times(7, 'find_book'))
  t.strictSame(told.at(-1), { method: 'GET', route: '/shops', query: 'find_book', count: 7 })
})

t.test('a query without a name is known by its template or its text, and the place of a template is told', async t => {
  const { told, request, repeated } = recorder(2)
  request('/', times(3, template))
  t.strictSame(told, [{ method: 'GET', route: '/', query: '', count: 3, place: 'src/books.ts:7' }])
  request('/', times(3, ['select 1']))
  request('/', times(3, 'select * from books'))
  t.strictSame(told.at(-1), { method: 'GET', route: '/', query: '', count: 3 })
  t.equal(repeated(''), 3, 'none of them is a label')
  request('/', times(3, 'a.b:c-1'))
  request('/', times(3, 'drop table'))
  t.strictSame([repeated('a.b:c-1'), repeated(''), repeated('drop table')], [1, 4, 0])
  t.equal(told.length, 3, 'what looks alike is told once')
})

t.test('the same is told once a minute, each time it is counted', async t => {
  const { told, time, request, repeated } = recorder(1)
  const books = times(2, 'find_book')
  request('/', books)
  time.now = 59_999
  request('/', books)
  t.equal(told.length, 1)
  request('/', books, 'POST')
  request('/other', books)
  t.equal(told.length, 3, 'another method or route is something else')
  time.now = 60_000
  request('/', books)
  t.equal(told.length, 4)
  time.now = 119_999
  request('/', books)
  t.equal(told.length, 4, 'a minute from when it was told last')
  t.equal(repeated('find_book'), 6)
})

t.test('what was told is forgotten past a thousand', async t => {
  const { told, request } = recorder(1)
  for (let number = 0; number < 1000; number++) request('/', times(2, `query_${number}`))
  request('/', times(2, 'query_0'))
  t.equal(told.length, 1000)
  request('/', times(2, 'query_1000'))
  request('/', times(2, 'query_0'))
  t.equal(told.length, 1002)
})

t.test('no limit tells nothing, and what is no limit is refused', async t => {
  const { told, request, of } = recorder(0)
  request('/', times(100, 'find_book'))
  t.strictSame([told, of('repeated').count], [[], 0])
  for (const limit of [-1, 1.5, NaN, Infinity]) {
    t.throws(() => recorder(limit), new RangeError(`nPlusOne must be a whole number, 0 or more, but is ${limit}`))
  }
})

t.test('a route has numbers of each request from the first that asked', async t => {
  const { request, of } = recorder(5)
  request('/', [])
  t.equal(of('queries').count, 0, 'a route that is not known to query has none')
  request('/', times(2, 'find_book'))
  request('/', [])
  request('/', ['find_book'], 'POST')
  t.strictSame(of('queries', { method: 'GET', route: '/' }), { count: 2, sum: 2 })
  t.strictSame(of('execution', { method: 'GET', route: '/' }), { count: 2, sum: 4 })
  t.strictSame(of('wait', { method: 'GET', route: '/' }), { count: 2, sum: 2 })
  t.strictSame(of('queries', { method: 'POST', route: '/' }), { count: 1, sum: 1 })
  request('/', ['find_book'], 'PROPFIND')
  t.strictSame(of('queries', { method: 'PROP', route: '/' }), { count: 1, sum: 1 }, 'a method is bounded')
})

t.test('a request is recorded once it and its queries have ended, and what is asked later is nobody\'s', async t => {
  const recorded: RequestQueries[] = []
  const route = { repeated: { limit: 0 }, record: (_: string, queries: RequestQueries) => { recorded.push(queries) } }
  const queries = new RequestQueries(new Catalogue(), route, 'GET')
  const first = queries.ask()
  const second = queries.ask()
  first.charge('a', 0.5, 1)
  first.settle()
  queries.facade = {}
  queries.end()
  t.equal(queries.facade, undefined)
  t.strictSame(recorded, [], 'one of its queries is under way')
  second.charge('b', 0.25, 0)
  second.settle()
  t.strictSame(recorded, [queries])
  t.match(queries, { count: 2, wait: 0.75, execution: 1, reason: 'left_out' })
  queries.end()
  t.equal(recorded.length, 1)
  const late = queries.ask()
  t.match(late, { reason: 'request_over', route: undefined })
  t.not(late, queries)
  t.equal(new RequestQueries(undefined, undefined, 'GET', true).ask(), late)

  const leftOut = new RequestQueries(new Catalogue(), undefined, 'GET')
  const only = leftOut.ask()
  leftOut.end()
  only.settle()
  t.equal(leftOut.reason, 'left_out', 'one that is left out ends, too, and is recorded nowhere')
})

t.test('Server-Timing is in milliseconds, to a tenth', async t => {
  for (const [queries, total, header] of [
    [{ count: 0, execution: 0, wait: 0 }, 0.04, 'db;dur=0;desc="0 queries", pool;dur=0, total;dur=0'],
    [{ count: 1, execution: 0.01234, wait: 1 }, 1012.35, 'db;dur=12.3;desc="1 query", pool;dur=1000, total;dur=1012.4'],
    [{ count: 2, execution: 1, wait: 0.00005 }, 2, 'db;dur=1000;desc="2 queries", pool;dur=0.1, total;dur=2']
  ] as const) t.equal(serverTiming(queries, total), header)
})
