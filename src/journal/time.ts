/** Microseconds since 1970, of an RFC 3339 time whose form is known to be right; what is finer is rounded, as PostgreSQL does. */
export function microsOf (text: string): bigint {
  const [, fraction = ''] = /\.(\d+)/.exec(text) ?? []
  const milliseconds = Date.parse(text.replace(/\.\d+/, ''))
  return BigInt(milliseconds) * 1000n + BigInt(Math.round(Number(`${fraction.padEnd(9, '0').slice(0, 9)}`) / 1000))
}

/** RFC 3339 in UTC, to the microsecond. */
export function textOf (micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, 19)
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`
}
