/** The one of some words that was most likely meant by another; undefined when none is like it. */
export function closest (word: string, words: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  let found: string | undefined
  // A third of it may be wrong; and what is a part of another is like it, as `series` of `maxSeries`.
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const each of words) {
    const other = each.toLowerCase()
    const steps = wanted.length > 3 && (other.includes(wanted) || wanted.includes(other)) ? 1 : distance(wanted, other)
    if (steps < least) {
      found = each
      least = steps
    }
  }
  return found
}

/** Letters to add, drop, change or swap with the next, so that one word becomes another (optimal string alignment). */
function distance (one: string, other: string): number {
  let before: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      let steps = Math.min(last[j] as number, row[j - 1] as number, (last[j - 1] as number) - (same ? 1 : 0)) + 1
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        steps = Math.min(steps, (before[j - 2] as number) + 1)
      }
      row.push(steps)
    }
    before = last
    last = row
  }
  return last[other.length] as number
}
