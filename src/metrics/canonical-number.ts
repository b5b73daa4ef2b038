/**
 * Writes a number as Go, and so Python's client and OpenMetrics, writes it as a label: `1.0`, `0.075`, `1.048576e+06`,
 * `+Inf`.
 */
export function canonicalNumber (text: string): string {
  const bound = Number(text)
  if (!Number.isFinite(bound)) return text
  if (bound < 1e6) return Number.isInteger(bound) ? `${bound}.0` : String(bound)
  const [mantissa, exponent] = bound.toExponential().split('e+') as [string, string]
  return `${mantissa}e+${exponent.padStart(2, '0')}`
}
