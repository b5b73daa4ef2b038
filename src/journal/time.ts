// Years stop where PostgreSQL, Date and four digits still agree on every one of them; nine digits are Go's nanoseconds.
const time = '(19[7-9]\\d|2\\d{3})-\\d\\d-\\d\\dT\\d\\d:[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-](0\\d|1[0-4]):[0-5]\\d)'
export const timePattern = `^${time}$`
const form = new RegExp(timePattern)

/**
 * Microseconds since 1970, of an RFC 3339 time between the years 1970 and 2999; what is finer is rounded, as PostgreSQL
 * does. Undefined for anything else.
 */
export function parseTime (text: unknown): bigint | undefined {
  if (typeof text !== 'string' || !form.test(text)) return undefined
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number]
  const milliseconds = Date.parse(text.replace(/\.\d+/, ''))
  // Date takes the 30th of February for the 2nd of March.
  if (Number.isNaN(milliseconds) || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined
  const [, fraction = ''] = /\.(\d+)/.exec(text) ?? []
  return BigInt(milliseconds) * 1000n + BigInt(Math.round(Number(fraction.padEnd(9, '0')) / 1000))
}

/** RFC 3339 in UTC, to the microsecond. */
export function textOf (micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, 19)
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`
}
