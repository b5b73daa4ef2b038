import { Type, type Static } from '../schema.js'
import { exampleAlert, exampleError, exampleId, examplePage, exampleStored, exampleSummary } from './examples.js'
import { finite, idPattern, labelPattern, textPattern } from './constraints.js'
import { timePattern } from './time.js'

/** Alerts in a page when the query does not say. */
export const defaultLimit = 50

const text = (description: string) => Type.Optional(Type.String({ description, pattern: textPattern }))
const time = (description: string) =>
  Type.Optional(Type.String({ description, format: 'date-time', pattern: timePattern }))
const nullable = (description: string) => Type.Union([Type.String(), Type.Null()], { description })
const pairs = (description: string) =>
  Type.Unsafe<Record<string, string>>({ description, type: 'object', additionalProperties: { type: 'string' } })
const count = (description: string) => Type.Integer({ description })
const status = Type.Enum(['firing', 'resolved', 'stale'], {
  type: 'string',
  description: 'firing; resolved, as Alertmanager said; ' +
    'or stale: no longer heard of, and so over, but nobody said that it was resolved'
})
const seconds = (description: string) => Type.Number({ description })

const filter = {
  severity: text('Value of the label severity'),
  label: Type.Optional(Type.Array(Type.String({ pattern: labelPattern }), {
    maxItems: 20,
    description: 'A label that the alert has, as name=value, such as instance=web-1; ' +
      'may be repeated, and then all must match'
  })),
  from: time('Only alerts that were firing at this time or later'),
  to: time('Only alerts that were firing before this time')
}

/** Query of `GET /`. */
export const listQuerySchema = Type.Object({
  status: Type.Optional(status),
  name: text('Name of the alert, its label alertname'),
  ...filter,
  limit: Type.Optional(Type.Integer({
    description: 'Most alerts in the answer',
    minimum: 1,
    maximum: 200,
    default: defaultLimit,
    ...finite
  })),
  cursor: Type.Optional(Type.String({ description: 'The "next" of the page before, to go on where it ended' }))
}, { additionalProperties: false })

/** Query of `GET /summary`. */
export const summaryQuerySchema = Type.Object(filter, { additionalProperties: false })

/** Parameters of `GET /:id`. */
export const idSchema = Type.Object({
  id: Type.String({ description: 'Id of the alert', pattern: idPattern, examples: [exampleId] })
})

/** Answer to `POST /`. `created`, `resolved`, `reopened`, `unchanged` and `refused` add up to `received`. */
export const storedSchema = Type.Object({
  received: count('Alerts in the request'),
  created: count('Alerts that were new'),
  resolved: count('Alerts that were known, and of which the end is new'),
  reopened: count('Alerts that were taken for over and are firing again'),
  unchanged: count('Alerts that told nothing new but that they are still heard of'),
  ended: count('Alerts that are now stale, for the group no longer lists them'),
  refused: count('Alerts that cannot be stored'),
  refusals: Type.Array(Type.String(), { description: 'Why these are refused, of the first ten' }),
  truncated: count('Alerts that Alertmanager left out of the request')
}, { description: 'Stored: the transaction is committed', examples: [exampleStored] })

/** An alert as the journal keeps it. */
export const alertSchema = Type.Object({
  id: Type.String({ description: 'Number that the journal gave it' }),
  fingerprint: Type.String({ description: 'Hash of its labels' }),
  status,
  name: Type.String({ description: 'Its label alertname; empty when it has none' }),
  severity: nullable('Its label severity'),
  startsAt: Type.String({ description: 'When it began to fire, to the microsecond' }),
  endsAt: nullable('When it was resolved, or last heard of if it is stale; null while it fires'),
  lastHeardAt: Type.String({ description: 'When Alertmanager last told of it' }),
  labels: pairs('What identifies the alert'),
  annotations: pairs('What people should know about it'),
  generatorURL: Type.String({ description: 'Where its rule can be seen' }),
  receiver: Type.String({ description: 'Receiver of Alertmanager that sent it first' }),
  groupKey: Type.String({ description: 'Group that it was sent in first' }),
  externalURL: Type.String({ description: 'Alertmanager that sent it first' }),
  receivedAt: Type.String({ description: 'When the journal first heard of it' }),
  resolvedReceivedAt: nullable('When the journal heard that it is resolved')
}, { description: 'An alert', examples: [exampleAlert] })

/** Answer to `GET /`. */
export const pageSchema = Type.Object({
  alerts: Type.Array(alertSchema, { description: 'Those that began last come first' }),
  next: nullable('Cursor of the next page; null when this is the last')
}, { description: 'A page of alerts', examples: [examplePage] })

/** Answer to `GET /summary`. */
export const summarySchema = Type.Object({
  summary: Type.Array(Type.Object({
    name: Type.String({ description: 'Name of the alerts' }),
    count: count('How often it fired'),
    firing: count('How many of these are firing now'),
    stale: count('How many of these ended without anybody saying so; of these the times may be too short'),
    firingSeconds: seconds('How long they were firing in all'),
    meanSeconds: seconds('How long one was firing on average'),
    longestSeconds: seconds('How long the longest was firing'),
    lastSeenAt: Type.String({ description: 'When one was firing last: now, when one still is' })
  }), {
    description: 'The most frequent come first. Only the time between "from" and "to" counts, ' +
      'and of what still fires only that up to now'
  })
}, { description: 'A line for each name', examples: [exampleSummary] })

/** An answer that says what went wrong. */
export const errorSchema = Type.Object({
  statusCode: Type.Integer({ description: 'Status of the answer' }),
  code: Type.Optional(Type.String({ description: 'Name of the error, for programs' })),
  error: Type.String({ description: 'Name of the status' }),
  message: Type.String({ description: 'What is wrong and what to do, for people' })
}, { description: 'What went wrong', examples: [exampleError] })

export type Filter = Static<typeof summaryQuerySchema> & Pick<Static<typeof listQuerySchema>, 'status' | 'name'>
export type Alert = Static<typeof alertSchema>
export type Page = Static<typeof pageSchema>
export type Stored = Static<typeof storedSchema>
export type Summary = Static<typeof summarySchema>['summary']
