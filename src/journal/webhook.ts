import { Type, type Static } from 'typebox'
import { endPattern, finite, textPattern, timePattern, zeroTime } from './constraints.js'

const text = (description: string, options = {}) => Type.String({ description, pattern: textPattern, ...options })

// Not Type.Record: its pattern for keys, ^.*$, lets a key with a line break pass unseen.
const pairs = (description: string, properties = {}) => Type.Unsafe<Record<string, string>>({
  description, type: 'object', properties, propertyNames: { pattern: textPattern }, additionalProperties: { type: 'string', pattern: textPattern }
})

const status = (description: string) => Type.Enum(['firing', 'resolved'], { description, type: 'string' })

const alert = Type.Object({
  status: status('Whether this alert is firing'),
  // The length keeps it well below what an index entry of PostgreSQL can hold.
  labels: pairs('What identifies the alert', { alertname: text('Name of the rule', { maxLength: 500 }) }),
  annotations: pairs('What people should know about it'),
  startsAt: Type.String({ description: 'When it began to fire', format: 'date-time', pattern: timePattern }),
  endsAt: Type.String({ description: `When it was resolved; ${zeroTime} while it fires`, format: 'date-time', pattern: endPattern }),
  generatorURL: text('Where its rule can be seen'),
  fingerprint: text('Hash of its labels', { minLength: 1, maxLength: 64 })
}, { description: 'An alert; further fields are not kept' })

/** Alertmanager's webhook payload, https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. */
export const payloadSchema = Type.Object({
  version: Type.Literal('4', { description: 'Version of this format' }),
  groupKey: text('Key of the group of alerts that this notification is for'),
  truncatedAlerts: Type.Optional(Type.Integer({ description: "How many alerts of the group were left out, by the receiver's max_alerts", minimum: 0, maximum: Number.MAX_SAFE_INTEGER, ...finite })),
  status: status('Whether any alert of the group is firing'),
  receiver: text('Name of the receiver in the configuration of Alertmanager'),
  groupLabels: Type.Optional(pairs('Labels that the group was made by; not kept')),
  commonLabels: Type.Optional(pairs('Labels that all alerts have; not kept apart from theirs')),
  commonAnnotations: Type.Optional(pairs('Annotations that all alerts have; not kept apart from theirs')),
  externalURL: text('Where Alertmanager can be seen'),
  alerts: Type.Array(alert)
}, { description: "Alertmanager's webhook payload, version 4; further fields are not kept" })

export type Payload = Static<typeof payloadSchema>
