import type { FastifyInstance } from 'fastify'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Sql } from '../postgres/client/client.js'
import { assertId, assertRange, invalidInput } from './constraints.js'
import { createReadLimiter, retryAfterSeconds } from './read-limiter.js'
import { createJournalCounters } from './counters.js'
import { decodeCursor } from './cursor.js'
import { AlertNotFound, ReadsBusy } from './errors.js'
import { takeIn } from './intake.js'
import { createAlertReader } from './reader.js'
import {
  alertSchema,
  defaultLimit,
  errorSchema,
  idSchema,
  listQuerySchema,
  pageSchema,
  storedSchema,
  summaryQuerySchema,
  summarySchema,
  type Summary
} from './schema.js'
import { keepForDays } from './retention.js'
import { watchStaleness } from './staleness.js'
import { store } from './store.js'
import { refuseOtherMethods } from '../http/only-methods.js'
import { createTokenGuard } from '../http/token.js'
import { parseJson } from '../http/utf8.js'
import { payloadSchema, webhookOnly } from './webhook.js'
import { createAlertWriter } from './writer.js'

export interface JournalOptions {
  sql: Sql
  /** Bearer token that is needed to store alerts; none when empty or not given. */
  token?: string | undefined
  /** Seconds without mention after which an alert is stale, more than Alertmanager's `repeat_interval`; 0 is never. */
  staleAfterSeconds?: number
  /** Bytes of the largest webhook that is taken. */
  bodyLimitBytes?: number
  /** Days that alerts are kept after they are over; 0 is for ever. */
  retentionDays?: number
  /** Connections that expensive reads may use at once. */
  costlyReads?: number
}

const tags = ['alerts']
const errors = { 400: errorSchema, 503: errorSchema }

/** Serves the alert journal: Alertmanager posts alerts, people read their history. */
const journal: FastifyPluginAsyncTypebox<JournalOptions> = async (app, {
  sql,
  token = '',
  staleAfterSeconds = 300,
  bodyLimitBytes = 16 * 2 ** 20,
  retentionDays = 0,
  costlyReads = 2
}) => {
  const [alerts, writer] = [createAlertReader(sql), createAlertWriter(sql)]
  // `request.sql`, so that metrics show queries by route.
  const sqlOf = app.hasRequestDecorator('sql') ? (request: { sql: Sql }) => request.sql : () => sql
  const limited = createReadLimiter<Summary>({ atOnce: costlyReads })
  const counters = createJournalCounters(app)
  watchStaleness(app, writer, staleAfterSeconds)
  keepForDays(app, writer, retentionDays)
  parseJson(app, 'ignore')
  app.setSchemaErrorFormatter(invalidInput)

  const guard = token === ''
    ? { onRequest: [], security: [] }
    : { onRequest: createTokenGuard(token), security: [{ token: [] }] }

  app.post('/', {
    onRequest: guard.onRequest,
    bodyLimit: bodyLimitBytes,
    validatorCompiler: webhookOnly,
    onError: async (_request, _reply, error) => {
      if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') counters.refused(['body_too_large'])
      else if (error.statusCode === 400) counters.refused(['not_a_webhook'])
    },
    schema: {
      tags,
      security: guard.security,
      summary: 'Store the alerts of an Alertmanager webhook',
      body: payloadSchema,
      response: { 200: storedSchema, 401: errorSchema, 413: errorSchema, ...errors }
    }
  }, async request => {
    const { body, log } = request
    const intake = takeIn(body, BigInt(Date.now()) * 1000n)
    const stored = await store({ store: async (...args) => await writer.store(...args, sqlOf(request)) }, intake)
    const { refused, repaired } = intake
    counters.refused(refused.map(({ reason }) => reason))
    counters.repaired(repaired)
    counters.truncated(stored.truncated)
    if (refused.length > 0) {
      log.warn({ refused: refused.length, refusals: stored.refusals }, 'Alerts cannot be stored, and are refused')
    }
    if (repaired.length > 0) {
      log.info({ repaired: countBy(repaired) }, 'Alerts were repaired so that they can be stored')
    }
    if (stored.truncated > 0) {
      log.warn({ truncated: stored.truncated }, "Alertmanager left alerts out: raise the receiver's max_alerts")
    }
    return stored
  })

  app.get('/', {
    schema: {
      tags,
      summary: 'List alerts, those that began last first',
      querystring: listQuerySchema,
      response: { 200: pageSchema, ...errors }
    }
  }, async request => {
    const { cursor, limit = defaultLimit, ...filter } = request.query
    assertRange(filter)
    const after = cursor === undefined ? undefined : decodeCursor(cursor)
    return await alerts.list({ ...filter, limit, after }, sqlOf(request))
  })

  app.get('/summary', {
    schema: {
      tags,
      summary: 'Tell how often and how long alerts were firing, per name',
      querystring: summaryQuerySchema,
      response: { 200: summarySchema, ...errors }
    },
    onError: async (_request, reply, error) => {
      if (error instanceof ReadsBusy) reply.header('retry-after', retryAfterSeconds)
    }
  }, async request => {
    const { query } = request
    assertRange(query)
    const which = JSON.stringify(Object.entries(query).sort())
    // Requests for the same summary share one answer; only the first one's queries are counted.
    return { summary: await limited(which, async () => await alerts.summary(query, sqlOf(request))) }
  })

  app.get('/:id', {
    schema: {
      tags,
      summary: 'Show one alert',
      params: idSchema,
      response: { 200: alertSchema, 404: errorSchema, ...errors }
    }
  }, async request => {
    const { id } = request.params
    assertId(id)
    const alert = await alerts.find(id, sqlOf(request))
    if (alert === undefined) throw new AlertNotFound(id)
    return alert
  })

  for (const url of ['/', '/summary', '/:id']) refuseOtherMethods(app as FastifyInstance, {}, url)
}

export default journal

function countBy (values: string[]): Record<string, number> {
  return values.reduce<Record<string, number>>(
    (counts, value) => ({ ...counts, [value]: (counts[value] ?? 0) + 1 }),
    {}
  )
}
