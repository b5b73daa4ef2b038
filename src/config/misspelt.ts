import { distance } from '../plugin/distance.js'

const units = /_(MS|SECONDS|BYTES|DAYS)$/

/** A name as it is, without what stands between its words, and without its unit. */
interface Spelling {
  readonly name: string
  readonly letters: string
  readonly unitless: string
}

/**
 * Returns a sentence for each variable that nobody reads but that looks like one of ours: `METRICS_NAME`, `port`, or a
 * deadline without its unit. A name without an underscore may differ in case alone, because many short names belong to
 * other programs.
 */
export function misspelt (environment: Record<string, string | undefined>, known: readonly string[]): string[] {
  const ours = known.map(spell)
  return Object.keys(environment).filter(name => !known.includes(name)).flatMap(name => {
    const given = spell(name.toUpperCase())
    const meant = ours.find(other => isMeant(given, other))
    return meant === undefined ? [] : [`${name} is not read: did you mean ${meant.name}?`]
  })
}

function spell (name: string): Spelling {
  return { name, letters: name.replaceAll(/[-_.]/g, ''), unitless: name.replace(units, '') }
}

function isMeant (given: Spelling, known: Spelling): boolean {
  if (given.letters === known.letters) return true
  if (!given.name.includes('_') || !known.name.includes('_')) return false
  if (known.unitless !== known.name && given.unitless === known.unitless) return true
  return distance(given.name, known.name, known.name.length < 10 ? 1 : 2) < Infinity
}
