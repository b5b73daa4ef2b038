const units = /_(MS|SECONDS|BYTES|DAYS)$/

/**
 * Sentences about variables of the environment that nobody reads, but that are almost those that are: `METRICS_NAME`,
 * `port`, or a deadline without its unit. A name without an underscore has to be right but for its case, for many short
 * ones are others'.
 */
export function misspelt (environment: Record<string, string | undefined>, known: readonly string[]): string[] {
  return Object.keys(environment).filter(name => !known.includes(name)).flatMap(name => {
    const meant = known.find(other => isMeant(name.toUpperCase(), other))
    return meant === undefined ? [] : [`${name} is not read: did you mean ${meant}?`]
  })
}

function isMeant (name: string, known: string): boolean {
  if (name === known || name.replaceAll(/[-_.]/g, '') === known.replaceAll('_', '')) return true
  if (!name.includes('_') || !known.includes('_')) return false
  if (units.test(known) && name.replace(units, '') === known.replace(units, '')) return true
  return distance(name, known) <= (known.length < 10 ? 1 : 2)
}

/** Letters to add, drop, change or swap with the next, so that one word becomes another. */
function distance (one: string, other: string): number {
  const rows = [[...other, ''].map((_, steps) => steps)]
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const at = (up: number, left: number) => (up === 0 ? row : rows[i - up])?.[j - left] ?? Infinity
      const steps = Math.min(at(1, 0) + 1, at(0, 1) + 1, at(1, 1) + (one[i - 1] === other[j - 1] ? 0 : 1))
      const isSwapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      row.push(isSwapped ? Math.min(steps, at(2, 2) + 1) : steps)
    }
    rows.push(row)
  }
  return rows[one.length]?.[other.length] ?? Infinity
}
