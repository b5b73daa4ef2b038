import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph, table } from './panels.js'
import { mean, ofUsers, orNone, perSecond, quantile } from './query.js'

const queries = 'http_request_db_queries'
const database = 'http_request_db_duration_seconds'
const wait = 'http_request_db_wait_seconds'
const whole = 'http_request_duration_seconds'
const by = 'method, route'

/** Routes that are known to query, for the left side of what is joined with all routes. */
const known = (query: string) => `${query} and on (${by}) ${perSecond(`${queries}_count`, by)} > 0`

export const routes = [
  graph({
    title: 'Where the time of requests goes',
    description: 'Seconds per second that requests of routes which query spent: with the database at work for them, ' +
      'waiting for connections, and on their own. Queries asked at once are added up, so that own is too little there.',
    unit: units.Short,
    width: 8,
    stack: true,
    alerts: ['SlowQueries', 'QueriesWaiting'],
    queries: [
      { expr: perSecond(`${database}_sum`), legend: 'database' },
      { expr: perSecond(`${wait}_sum`), legend: 'waiting' },
      {
        expr: `clamp_min(sum(${known(perSecond(`${whole}_sum`, by, ofUsers))}) - ${perSecond(`${database}_sum`)} - ` +
          `${perSecond(`${wait}_sum`)}, 0)`,
        legend: 'own'
      }
    ]
  }),
  graph({
    title: 'Queries of a request, p95, by route',
    description: 'How many queries 95 % of the requests of a route ask at most. What grows with the rows that are ' +
      'shown asks once for each of them.',
    unit: units.Short,
    width: 8,
    alerts: ['RepeatedQueries'],
    queries: [{ expr: quantile(0.95, queries, by), legend: '{{method}} {{route}}' }]
  }),
  graph({
    title: 'Requests that ask one query again and again',
    description: 'Requests per minute that asked one query more than N_PLUS_ONE times, by route and query. The log ' +
      'has the count. Ask once for all that the request needs.',
    unit: units.Short,
    width: 8,
    alerts: ['RepeatedQueries'],
    queries: [
      {
        expr: orNone('route', `60 * ${perSecond('http_request_db_repeated_total', `${by}, query`)}`),
        legend: '{{method}} {{route}}: {{query}}'
      }
    ]
  }),
  table({
    title: 'Routes that query',
    description: 'Every route that is known to query: how many queries a request asks, and how long the database ' +
      'works for it, it waits for connections, and it takes in all. One slow query, many small ones, or the wait: ' +
      'the columns tell which.',
    unit: units.Seconds,
    width: 24,
    labels: { method: 'Method', route: 'Route' },
    values: [
      { title: 'Requests per second', unit: units.RequestsPerSecond },
      { title: 'Mean queries', unit: units.Short },
      { title: 'p95 queries', unit: units.Short },
      { title: 'Mean database' },
      { title: 'Mean waiting' },
      { title: 'Mean in all' },
      { title: 'Database time per second', unit: units.Short }
    ],
    sortBy: 'Database time per second',
    alerts: ['RepeatedQueries'],
    queries: [
      { expr: `${perSecond(`${queries}_count`, by)} > 0` },
      { expr: `${mean(queries, by)} >= 0` },
      { expr: `${quantile(0.95, queries, by)} >= 0` },
      { expr: `${mean(database, by)} >= 0` },
      { expr: `${mean(wait, by)} >= 0` },
      { expr: known(mean(whole, by)) },
      { expr: `${perSecond(`${database}_sum`, by)} >= 0` }
    ]
  })
]
