import type { FastifySchemaCompiler } from 'fastify'
import { Type } from '../schema.js'
import { zeroTime } from './constraints.js'
import { InvalidInput } from './errors.js'
import { exampleWebhook } from './examples.js'

const text = (description: string) => Type.Optional(Type.String({ description }))
const pairs = (description: string) =>
  Type.Unsafe<Record<string, string>>({ description, type: 'object', additionalProperties: { type: 'string' } })
const status = (description: string) => Type.Enum(['firing', 'resolved'], { description, type: 'string' })

const alert = Type.Object({
  status: status('firing, or resolved when it is over'),
  labels: pairs('What identifies the alert'),
  annotations: Type.Optional(pairs('What people should know about it')),
  startsAt: Type.String({ description: 'When it began to fire', format: 'date-time' }),
  endsAt: Type.String({ description: `When it was resolved; ${zeroTime} while it fires`, format: 'date-time' }),
  generatorURL: text('Where its rule can be seen'),
  fingerprint: text('Hash of its labels; when not given, what Alertmanager would make of them')
}, { description: 'An alert; further fields are not kept' })

/**
 * Alertmanager's webhook payload, which Grafana sends, too
 * (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
 */
export const payloadSchema = Type.Object({
  version: Type.Enum(['4', '1'], { description: 'Version of this format: 4 is of Alertmanager, 1 of Grafana' }),
  groupKey: text('Key of the group of alerts that this notification is for'),
  truncatedAlerts: Type.Optional(Type.Integer({
    description: "How many alerts of the group were left out, by the receiver's max_alerts"
  })),
  status: text('Whether any alert of the group is firing; not kept'),
  receiver: text('Name of the receiver in the configuration of Alertmanager'),
  groupLabels: Type.Optional(pairs('Labels that the group was made by; not kept')),
  commonLabels: Type.Optional(pairs('Labels that all alerts have; not kept apart from theirs')),
  commonAnnotations: Type.Optional(pairs('Annotations that all alerts have; not kept apart from theirs')),
  externalURL: text('Where Alertmanager can be seen'),
  alerts: Type.Array(alert, { description: 'Alerts of the group' })
}, {
  description: "Alertmanager's webhook payload; further fields are not kept. " +
    'Alerts that cannot be stored are refused one by one',
  examples: [exampleWebhook]
})

/**
 * Accepts a body that is a webhook, whatever is wrong with single alerts: Alertmanager never sends again what was
 * answered with 400.
 */
export const webhookOnly: FastifySchemaCompiler<unknown> = () => body => {
  const { version, alerts } = (body ?? {}) as { version?: unknown, alerts?: unknown }
  if (typeof body !== 'object' || Array.isArray(body)) return { error: new InvalidInput('body', 'must be object') }
  if (!Array.isArray(alerts)) return { error: new InvalidInput('body/alerts', 'must be array') }
  if (version !== '4' && version !== '1') {
    return {
      error: new InvalidInput('body/version', 'must be "4", as of Alertmanager, or "1", as of Grafana')
    }
  }
  return { value: body }
}

/** An alert that can be stored. Times are in microseconds since 1970. */
export interface WebhookAlert {
  status: 'firing' | 'resolved'
  startsAt: bigint
  /** Null while it fires. */
  endsAt: bigint | null
  fingerprint: string
  labels: Record<string, string>
  annotations: Record<string, string>
  generatorURL: string
}

/** What a webhook tells, all of which can be stored. */
export interface Webhook {
  receiver: string
  groupKey: string
  externalURL: string
  truncatedAlerts: number
  alerts: WebhookAlert[]
}
