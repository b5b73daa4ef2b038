import { distance } from './distance.js'

/** Returns the word among some that was most likely meant by another; undefined when none is like it. */
export function closest (word: string, words: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  let found: string | undefined
  // A third of a word may be wrong. One that is part of another is like it, as `series` is like `maxSeries`, but less
  // so than one of which a letter is wrong.
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const each of words) {
    const other = each.toLowerCase()
    const isPart = wanted.length > 3 && (other.includes(wanted) || wanted.includes(other))
    const steps = Math.min(distance(wanted, other), isPart ? 1.5 : Infinity)
    if (steps < least) {
      found = each
      least = steps
    }
  }
  return found
}
