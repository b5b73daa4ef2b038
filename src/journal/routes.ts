import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Sql } from '../postgres/client.js'
import { assertId, assertRange, invalidInput, zeroTime } from './constraints.js'
import { decodeCursor } from './cursor.js'
import { AlertNotFound, InvalidInput } from './errors.js'
import { createAlertReader } from './reader.js'
import { alertSchema, defaultLimit, errorSchema, idSchema, listQuerySchema, pageSchema, storedSchema, summaryQuerySchema, summarySchema } from './schema.js'
import { watchSilence } from './silence.js'
import { createTokenGuard } from '../token.js'
import { payloadSchema, type Payload } from './webhook.js'
import { createAlertWriter } from './writer.js'

export interface JournalOptions {
  sql: Sql
  /** Bearer token that storing alerts asks for; none when empty or not given. */
  token?: string | undefined
  /** Seconds after which an alert that is not heard of any more is stale: more than Alertmanager takes to repeat; 0 is never. */
  staleAfterSeconds?: number
}

const tags = ['alerts']
const errors = { 400: errorSchema, 503: errorSchema }

/** Serves the alert journal: Alertmanager posts alerts, people read their history. */
const journal: FastifyPluginAsyncTypebox<JournalOptions> = async (app, { sql, token = '', staleAfterSeconds = 300 }) => {
  const [alerts, writer] = [createAlertReader(sql), createAlertWriter(sql)]
  watchSilence(app, writer, staleAfterSeconds)
  app.setSchemaErrorFormatter(invalidInput)

  const guard = token === '' ? { onRequest: [], security: [] } : { onRequest: createTokenGuard(token), security: [{ token: [] }] }

  app.post('/', {
    onRequest: guard.onRequest,
    schema: { tags, security: guard.security, summary: 'Store the alerts of an Alertmanager webhook', body: payloadSchema, response: { 200: storedSchema, 401: errorSchema, ...errors } }
  }, async ({ body, log }) => {
    assertEnds(body)
    const stored = await writer.store(body)
    if (stored.truncated > 0) log.warn({ truncated: stored.truncated }, "Alertmanager left alerts out: raise the receiver's max_alerts")
    return stored
  })

  app.get('/', {
    schema: { tags, summary: 'List alerts, those that began last first', querystring: listQuerySchema, response: { 200: pageSchema, ...errors } }
  }, async ({ query: { cursor, limit = defaultLimit, ...filter } }) => {
    assertRange(filter)
    return await alerts.list({ ...filter, limit, after: cursor === undefined ? undefined : decodeCursor(cursor) })
  })

  app.get('/summary', {
    schema: { tags, summary: 'Tell how often and how long alerts were firing, per name', querystring: summaryQuerySchema, response: { 200: summarySchema, ...errors } }
  }, async ({ query }) => {
    assertRange(query)
    return { summary: await alerts.summary(query) }
  })

  app.get('/:id', {
    schema: { tags, summary: 'Show one alert', params: idSchema, response: { 200: alertSchema, 404: errorSchema, ...errors } }
  }, async ({ params: { id } }) => {
    assertId(id)
    const alert = await alerts.find(id)
    if (alert === undefined) throw new AlertNotFound(id)
    return alert
  })
}

export default journal

// Alertmanager itself takes no alert that ends before it begins.
function assertEnds ({ alerts }: Payload): void {
  for (const [index, { status, startsAt, endsAt }] of alerts.entries()) {
    if (status !== 'resolved') continue
    if (endsAt === zeroTime) throw new InvalidInput(`body/alerts/${index}/endsAt`, 'must be the time when the alert was resolved')
    if (Date.parse(endsAt) < Date.parse(startsAt)) throw new InvalidInput(`body/alerts/${index}/endsAt`, 'must not be before startsAt')
  }
}
