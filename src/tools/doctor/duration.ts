const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 }

/** A duration of Prometheus such as 1m30s, in seconds. */
export function readSeconds (duration: string): number {
  return [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (units[unit as string] as number),
    0
  )
}
