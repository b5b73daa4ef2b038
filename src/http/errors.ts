import createError from '@fastify/error'

// What the service's own HTTP refuses with. The journal's errors are in src/journal/errors.ts, pressure's in
// src/pressure/errors.ts.

export const BadUrl = createError('BAD_URL', 'The URL is not percent-encoded as it should be', 400)
export const InvalidBody = createError('INVALID_UTF8', 'body is not valid UTF-8', 400)
export const InvalidQuery = createError('INVALID_UTF8', 'querystring is not percent-encoded UTF-8', 400)
export const TokenRequired = createError<[how: string]>('TOKEN_REQUIRED', '%s', 401)
export const NotFound = createError<[method: string, path: string, advice: string]>(
  'NOT_FOUND',
  'There is no %s %s%s',
  404
)
export const MethodNotAllowed = createError<[methods: string]>('METHOD_NOT_ALLOWED', 'Only %s are answered here', 405)
export const ParameterTooLong = createError(
  'PARAMETER_TOO_LONG',
  'A part of the path is longer than any that this service knows',
  414
)
export const Internal = createError('INTERNAL', 'Something went wrong in the service; its log says what', 500)
export const DatabaseUnavailable = createError<[seconds: number]>(
  'DATABASE_UNAVAILABLE',
  'The database cannot serve this now: try again in %s seconds',
  503
)
