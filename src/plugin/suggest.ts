import { distance } from './distance.js'

/** Returns the word among some that was most likely meant by another; undefined when none is like it. */
export function closest (word: string, words: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  let found: string | undefined
  // Up to a third of a word may differ. A word that contains the other is like it, too, as `maxSeries` is like
  // `series`.
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const each of words) {
    const other = each.toLowerCase()
    const isPart = wanted.length > 3 && (other.includes(wanted) || wanted.includes(other))
    const steps = Math.min(distance(wanted, other, least), isPart ? 1.5 : Infinity)
    if (steps < least) {
      found = each
      least = steps
    }
  }
  return found
}
