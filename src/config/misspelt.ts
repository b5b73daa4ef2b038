import { distance } from '../plugin/distance.js'

const units = /_(MS|SECONDS|BYTES|DAYS)$/

/**
 * Returns a sentence for each variable that nobody reads but that looks like one of ours: `METRICS_NAME`, `port`, or a
 * deadline without its unit. A name without an underscore may differ in case alone, because many short names belong to
 * other programs.
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
  return distance(name, known, known.length < 10 ? 1 : 2) < Infinity
}
