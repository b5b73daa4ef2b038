import type { Writable } from 'node:stream'

/** Writes a line of progress. */
export function progress (output: Writable, message: string): void {
  output.write(`fastify-vitals: ${message}\n`)
}

export interface Welcome {
  origin: string
  /** Origin of the port that serves the metrics. */
  management: string
  version: string
  data: string
  page: boolean
  docs: boolean
}

/** Writes what is served where, where the data is, and how to stop. */
export function welcome (output: Writable, { origin, management, version, data, page, docs }: Welcome): void {
  const rows = [
    ...page ? [['Page', `${origin}/`]] : [],
    ['Health', `${origin}/health/`],
    ['Readiness', `${origin}/health/ready/`],
    ['Liveness', `${origin}/health/live/`],
    ['Metrics', `${management}/metrics/`],
    ['Alert journal', `${origin}/api/alerts`],
    ...docs ? [['API docs', `${origin}/docs`]] : [],
    ['Data', data],
    ['Stop', 'Ctrl-C']
  ]
  output.write(`
  fastify-vitals ${version} — an alert journal that knows its own vital signs

${rows.map(([name, value]) => `  ${(name as string).padEnd(15)}${value}`).join('\n')}

`)
}
