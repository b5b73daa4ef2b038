/**
 * Writes a number as a label's value in the canonical form of OpenMetrics, which Go and Python's client use as well:
 * `1.0`, `0.075`, `1.048576e+06`, `+Inf`. Text that is no finite number is returned as it is.
 */
export function canonicalNumber (text: string): string {
  const bound = Number(text)
  if (!Number.isFinite(bound)) return text
  if (bound < 1e6) return Number.isInteger(bound) ? `${bound}.0` : String(bound)
  const [mantissa, exponent] = bound.toExponential().split('e+') as [string, string]
  return `${mantissa}e+${exponent.padStart(2, '0')}`
}
