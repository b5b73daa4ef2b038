import createError from '@fastify/error'

/** The service has more to do than it can. */
export const Overloaded = createError<[seconds: number]>(
  'OVERLOADED',
  'The service is overloaded: try again in %s seconds',
  503
)

/** The same, in a service's own words. */
export const OverloadedSaying = createError<[message: string]>('OVERLOADED', '%s', 503)
