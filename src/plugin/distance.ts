/** Letters to add, drop, change or swap with the next, so that one word becomes another (optimal string alignment). */
export function distance (one: string, other: string): number {
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
