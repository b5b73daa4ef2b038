/**
 * Letters to add, drop, change or swap with the next, so that one word becomes another (optimal string alignment).
 * @param most - what is more than that is Infinity, and not counted any further
 */
export function distance (one: string, other: string, most = Infinity): number {
  if (Math.abs(one.length - other.length) > most) return Infinity
  let before: number[] = []
  let last = [...other, ''].map((_, steps) => steps)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1]
      const steps = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (isSame ? 0 : 1))
      const isSwapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      row.push(isSwapped ? Math.min(steps, at(before, j - 2) + 1) : steps)
    }
    if (Math.min(...last, ...row) > most) return Infinity
    before = last
    last = row
  }
  const steps = at(last, other.length)
  return steps > most ? Infinity : steps
}

function at (row: number[], place: number): number {
  return row[place] ?? Infinity
}
