import createError from '@fastify/error'

// `reason` is for logs, and so without what the client sent.

/** The request has a field with a value that cannot be used: which field, and why. */
export class InvalidInput extends createError<[field: string, why: string]>('INVALID_INPUT', '%s %s', 400) {
  constructor (field: string, why: string, readonly reason = `${field} ${why}`) { super(field, why) }
}

/** No alert has this id: one that is not there, or was kept for long enough and deleted. */
export class AlertNotFound extends createError<[id: string]>(
  'ALERT_NOT_FOUND',
  'There is no alert with the id %s',
  404
) {
  readonly reason = 'there is no alert with this id'
}

/** Too many expensive reads at once; other requests are served. */
export const ReadsBusy = createError<[seconds: number]>(
  'READS_BUSY',
  'Others read much of the journal at present: try again in %s seconds, or ask for a shorter time',
  503
)
