import { distance } from '../plugin/distance.js'

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
