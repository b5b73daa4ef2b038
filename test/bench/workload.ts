import type { Bench } from './bench.js'
import type { NodeJs } from './nodes.js'
import type { Alerts } from './programs/alerts/alerts.js'
import type { Ours, Plugin } from './programs/http/fastify.js'
import type { MetricsOptions } from '../../plugins/metrics.js'
import type { OurRoute } from './programs/route/ours.js'
import type { Route } from './programs/route/route.js'
import type { Load } from './programs/load.js'
import type { Queries, Work } from './programs/sql/queries.js'
import type { Program, Start } from './program.js'

/** A program and what it is made to do. */
export interface Workload {
  name: string
  /** What it runs on, where that is not what runs this. */
  node?: NodeJs
  /** How many hello requests one of its units is worth, by which fewer of them are done. */
  weight?: number
  /** Units after which V8 has optimised all of its path; 50,000 when not given. */
  warm?: number
  /** Has its program begun for the nth time. */
  open: <P extends Program>(begin: (start: Start) => Promise<P>, nth: number) => Promise<Working<P>>
}

export interface Working<P extends Program> {
  program: P
  /** Has so many requests, or queries, done. */
  work: (units: number) => Promise<void>
}

/** Requests to a server that is started as told. */
export function requests (bench: Bench, name: string, start: Start, paths = ['/']): Workload {
  return { name, open: async begin => loaded(bench, await begin(start), paths) }
}

/**
 * Requests to the hello route of a Fastify with some of our plugins, loaded after Fastify and, at every second start,
 * before it.
 */
export function plugins (
  bench: Bench,
  names: Plugin[],
  node: NodeJs,
  start: Pick<Start, 'warm'> = {},
  more: Pick<Ours, 'metrics' | 'byRoute' | 'logger'> = {}
): Workload {
  return {
    name: names.length > 0
      ? `fastify-vitals: ${names.join(', ')}`
      : more.logger === true
        ? 'bare Fastify with its logger'
        : start.warm === false ? 'bare Fastify without a logger' : 'bare Fastify',
    node,
    async open (begin, nth) {
      const url = names.includes('postgres') ? await bench.database() : ''
      const argument: Ours = { plugins: names, pluginsFirst: nth % 2 === 0, url, ...more }
      return loaded(bench, await begin({ ...start, file: 'http/fastify', node: node.path, argument }), ['/'])
    }
  }
}

/** Requests to a hello route beside a database, whose queries would be known in this way. */
export function attributed (bench: Bench, node: NodeJs, name: string, metrics: MetricsOptions): Workload {
  return {
    name,
    node,
    async open (begin, nth) {
      const url = await bench.database()
      const argument: Ours = { plugins: ['metrics', 'postgres'], metrics, pluginsFirst: nth % 2 === 0, url }
      return loaded(bench, await begin({ file: 'http/fastify', node: node.path, argument }), ['/'])
    }
  }
}

/** Requests to a route that asks the database once. */
export function asking (
  bench: Bench,
  node: NodeJs,
  name: string,
  file: string,
  ours: Omit<OurRoute, 'url'> | null = null
): Workload {
  return {
    name,
    node,
    weight: 5,
    warm: 20_000,
    async open (begin) {
      const argument: Route = { url: await bench.database(), ...ours }
      return loaded(bench, await begin({ file, node: node.path, argument }), ['/'])
    }
  }
}

/** The same on another Node.js. */
export function on (node: NodeJs, { name, open }: Workload): Workload {
  return {
    name,
    node,
    open: async (begin, nth) => await open(async start => await begin({ ...start, node: node.path }), nth)
  }
}

/**
 * The same after a rest: some requests, then nothing, and a garbage collection, as every service has sooner or later.
 * There V8 may forget what it has learnt of `process.nextTick()`.
 */
export function rested ({ open, ...rest }: Workload): Workload {
  return {
    ...rest,
    async open (begin, nth) {
      const working = await open(
        async start => await begin({ ...start, flags: [...start.flags ?? [], '--expose-gc'] }),
        nth
      )
      await working.work(300)
      await working.program.ask('emptyHeap')
      return working
    }
  }
}

/** Requests for a page of the alert journal. */
export function listings (bench: Bench, name: string, file: string): Workload {
  return {
    name,
    weight: 20,
    warm: 10_000,
    async open (begin) {
      const url = await bench.database()
      return loaded(
        bench,
        await begin({ file: `alerts/${file}`, argument: { url } satisfies Alerts }),
        ['/api/alerts?limit=20']
      )
    }
  }
}

/** Queries that one of the SQL programs makes, some at once. */
export function queries (bench: Bench, name: string, file: string, atOnce: number, callSites = 1): Workload {
  return {
    name,
    warm: 200_000,
    async open (begin) {
      const program = await begin({
        file: `sql/${file}`,
        argument: { url: await bench.database(), callSites } satisfies Queries
      })
      return {
        program,
        work: async queries => { await program.ask('work', { queries, atOnce } satisfies Work) }
      }
    }
  }
}

async function loaded <P extends Program> ({ load }: Bench, program: P, paths: string[]): Promise<Working<P>> {
  const port = await program.ask<number>('port')
  return {
    program,
    work: async requests => {
      await load.ask('load', { port, paths, requests, connections: 8, seconds: 600 } satisfies Load)
    }
  }
}
