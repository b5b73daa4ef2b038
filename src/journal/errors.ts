import createError from '@fastify/error'

/** The request has a field with a value that cannot be used: which field, and why. */
export const InvalidInput = createError<[field: string, reason: string]>('INVALID_INPUT', '%s %s', 400)
export const AlertNotFound = createError<[id: string]>('ALERT_NOT_FOUND', 'There is no alert with the id %s', 404)
