import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { routeKeyOf } from '../../../src/metrics/http/route-of.js'

t.test('a request\'s route is found by what it is, wherever a version of Fastify has it', async t => {
  const config = { url: '/books', method: 'GET' }
  const [empty, bare, other, route] = ['empty', 'bare', 'other', 'route'].map(name => Symbol(name)) as [
    symbol, symbol, symbol, symbol
  ]
  const before = { [empty]: undefined, [bare]: {}, [other]: { config: { ...config } } }
  const of = (own: object) => routeKeyOf({ ...own, routeOptions: { config } } as unknown as FastifyRequest)
  t.equal(of({ ...before, [route]: { config } }), route)
  t.equal(of({ [route]: { config }, ...before }), route)
  t.equal(of(before), undefined, 'nor is another taken for it')
})
