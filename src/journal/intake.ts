import type { Webhook, WebhookAlert } from './webhook.js'
import { fingerprintOf } from './fingerprint.js'
import { parseTime } from './time.js'

export const refusals = [
  'not_an_object',
  'status',
  'labels',
  'starts_at',
  'fingerprint',
  'database',
  'not_a_webhook',
  'body_too_large'
] as const
export const repairs = ['text', 'ends_at', 'annotations', 'name', 'fingerprint'] as const
export type Refusal = typeof refusals[number]
export type Repair = typeof repairs[number]

/** The alerts of a webhook that can be stored, those that cannot, and what was changed to make them fit. */
export interface Intake {
  webhook: Webhook
  /** Of each alert that is refused, which field is wrong, why, and how. */
  refused: Array<{ reason: Refusal, message: string }>
  repaired: Repair[]
}

type Fields = Record<string, unknown>

/** Fingerprints are indexed; Alertmanager's have 16 characters. */
const longestFingerprint = 64
/**
 * Most characters of a name or severity that alerts can be found by: both have to fit into an index entry of 2,704
 * bytes.
 */
export const longestName = 300

/**
 * Sorts the alerts of a webhook into those that can be stored and those that cannot. `now` is when it came, in
 * microseconds since 1970.
 */
export function takeIn (body: Fields, now: bigint): Intake {
  const repaired: Repair[] = []
  const refused: Intake['refused'] = []
  const text = (value: unknown) => typeof value === 'string' ? clean(value, repaired) : ''
  const alerts = (body['alerts'] as unknown[]).flatMap((value, index) => {
    const mended: Repair[] = []
    const taken = takeAlert(value, now, mended)
    if ('reason' in taken) {
      refused.push({ reason: taken.reason, message: `alerts/${index}${taken.message}` })
      return []
    }
    repaired.push(...new Set(mended))
    return [taken]
  })
  const { truncatedAlerts: truncated } = body
  return {
    webhook: {
      receiver: text(body['receiver']),
      groupKey: text(body['groupKey']),
      externalURL: text(body['externalURL']),
      truncatedAlerts: Number.isSafeInteger(truncated) && Number(truncated) > 0 ? Number(truncated) : 0,
      alerts
    },
    refused,
    repaired
  }
}

function takeAlert (
  value: unknown,
  now: bigint,
  mended: Repair[]
): WebhookAlert | { reason: Refusal, message: string } {
  if (!isFields(value)) return { reason: 'not_an_object', message: ' must be an object' }
  const { status, labels, annotations, generatorURL, fingerprint } = value
  if (status !== 'firing' && status !== 'resolved') {
    return { reason: 'status', message: '/status must be firing or resolved' }
  }
  if (!isFields(labels) || !Object.values(labels).every(label => typeof label === 'string')) {
    return {
      reason: 'labels',
      message: '/labels must be an object of strings'
    }
  }
  const startsAt = parseTime(value['startsAt'])
  if (startsAt === undefined) {
    return {
      reason: 'starts_at',
      message: '/startsAt must be an RFC 3339 time between the years 1970 and 2999, such as 2026-01-31T12:00:00.123Z'
    }
  }
  const known = fingerprint === undefined || fingerprint === ''
    ? (mended.push('fingerprint'), fingerprintOf(labels as Record<string, string>))
    : fingerprint
  if (typeof known !== 'string' || known.length > longestFingerprint) {
    return {
      reason: 'fingerprint',
      message: `/fingerprint must be a text of at most ${longestFingerprint} characters`
    }
  }
  const cleaned = texts(labels, mended)
  for (const name of ['alertname', 'severity']) if ((cleaned[name] ?? '').length > longestName) mended.push('name')
  return {
    status,
    startsAt,
    endsAt: status === 'firing' ? null : endOf(parseTime(value['endsAt']), startsAt, now, mended),
    fingerprint: clean(known, mended),
    labels: cleaned,
    annotations: isFields(annotations)
      ? texts(annotations, mended)
      : (annotations != null && mended.push('annotations'), {}),
    generatorURL: typeof generatorURL === 'string' ? clean(generatorURL, mended) : ''
  }
}

/** Returns when an alert ended; one that is resolved has ended, even where its time cannot be used. */
function endOf (endsAt: bigint | undefined, startsAt: bigint, now: bigint, mended: Repair[]): bigint {
  if (endsAt !== undefined && endsAt >= startsAt) return endsAt
  mended.push('ends_at')
  return endsAt === undefined && now > startsAt ? now : startsAt
}

function texts (fields: Fields, mended: Repair[]): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => {
    if (typeof value !== 'string') mended.push('annotations')
    return [clean(name, mended), clean(typeof value === 'string' ? value : JSON.stringify(value), mended)]
  }))
}

/** PostgreSQL's text holds neither NUL nor half of a surrogate pair. */
// eslint-disable-next-line no-control-regex
const unstorable = /\u0000|\p{Surrogate}/gu
/** Much quicker, and true of whole pairs, too. */
// eslint-disable-next-line no-control-regex
const perhapsUnstorable = /[\u0000\ud800-\udfff]/

function clean (text: string, mended: Repair[]): string {
  if (!perhapsUnstorable.test(text)) return text
  const cleaned = text.replace(unstorable, '\ufffd')
  if (cleaned !== text) mended.push('text')
  return cleaned
}

function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
