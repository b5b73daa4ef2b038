import createError from '@fastify/error'

/** The request has a field with a value that cannot be used: which field, and why. */
export const InvalidInput = createError<[field: string, reason: string]>('INVALID_INPUT', '%s %s', 400)
export const AlertNotFound = createError<[id: string]>('ALERT_NOT_FOUND', 'There is no alert with the id %s', 404)

/** Too many ask for what is costly at once; what is not costly is served. */
export const ReadsBusy = createError<[seconds: number]>(
  'READS_BUSY',
  'Others read much of the journal at present: try again in %s seconds, or ask for a shorter time',
  503
)
