/** Returns the names that a family and its series have, in any format. */
export function seriesNamesOf (name: string, type: string): string[] {
  switch (type) {
    case 'histogram': return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]
    case 'summary': return [name, `${name}_sum`, `${name}_count`]
    default: return [name]
  }
}

/**
 * Returns these names and the ones that OpenMetrics reserves for the family: a counter's without `_total`, and the time
 * when series were created.
 */
export function reservedNamesOf (name: string, type: string): string[] {
  const family = type === 'counter' ? name.replace(/_total$/, '') : name
  return type === 'gauge' ? [name] : [...new Set([...seriesNamesOf(name, type), family, `${family}_created`])]
}
