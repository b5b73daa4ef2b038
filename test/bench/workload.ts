import type { Bench } from './bench.js'
import type { Alerts } from './programs/alerts/alerts.js'
import type { Hello } from './programs/http/hello.js'
import type { Load } from './programs/load.js'
import type { Queries, Work } from './programs/sql/queries.js'
import type { Program, Start } from './program.js'

/** A program and what it is made to do. */
export interface Workload {
  name: string
  /** How many hello requests one of its units is worth, by which fewer of them are done. */
  weight?: number
  /** Units after which V8 has optimised all of its path; 50,000 when not given. */
  warm?: number
  open: <P extends Program>(begin: (start: Start) => Promise<P>) => Promise<Working<P>>
}

export interface Working<P extends Program> {
  program: P
  /** Has so many requests, or queries, done. */
  work: (units: number) => Promise<void>
}

/** Requests to one of the hello servers. */
export function requests (bench: Bench, name: string, file: string, paths = ['/'], argument: Hello = {}): Workload {
  return { name, open: async begin => loaded(bench, await begin({ file: `http/${file}`, argument }), paths) }
}

/** Requests for a page of the alert journal. */
export function listings (bench: Bench, name: string, file: string): Workload {
  return {
    name,
    weight: 20,
    warm: 10_000,
    async open (begin) {
      const url = await bench.database()
      return loaded(bench, await begin({ file: `alerts/${file}`, argument: { url } satisfies Alerts }), ['/api/alerts?limit=20'])
    }
  }
}

/** Queries that one of the SQL programs makes, some at once. */
export function queries (bench: Bench, name: string, file: string, atOnce: number, { callSites = 1, pipeline = 1 } = {}): Workload {
  return {
    name,
    async open (begin) {
      const program = await begin({ file: `sql/${file}`, argument: { url: await bench.database(), callSites, pipeline } satisfies Queries })
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
    work: async requests => { await load.ask('load', { port, paths, requests, connections: 8, seconds: 600 } satisfies Load) }
  }
}
