// There is no one thing to import: an index would load postgres.js, or its types, for those who only take the metrics.
const parts = ['metrics', 'postgres', 'health', 'pressure', 'management', 'page', 'testing', 'warm']

/** What the compiler names where something else than a part of the package is used. */
interface ImportFrom<Path extends string> {
  readonly path: Path
}

const nothing: never = refuse()

export default nothing as ImportFrom<'fastify-vitals/metrics'>
export const metrics = nothing as ImportFrom<'fastify-vitals/metrics'>
export const postgres = nothing as ImportFrom<'fastify-vitals/postgres'>
export const health = nothing as ImportFrom<'fastify-vitals/health'>
export const pressure = nothing as ImportFrom<'fastify-vitals/pressure'>
export const management = nothing as ImportFrom<'fastify-vitals/management'>
export const page = nothing as ImportFrom<'fastify-vitals/page'>

function refuse (): never {
  throw new Error(
    "fastify-vitals is imported by its parts, as in: import metrics from 'fastify-vitals/metrics'. " +
    `There are ${parts.map(part => `fastify-vitals/${part}`).join(', ')}`
  )
}
