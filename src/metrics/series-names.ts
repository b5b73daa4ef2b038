/** Names that the series of a family have, in any format, and its own. */
export function seriesNamesOf (name: string, type: string): string[] {
  switch (type) {
    case 'histogram': return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]
    case 'summary': return [name, `${name}_sum`, `${name}_count`]
    default: return [name]
  }
}

/** These, and names that OpenMetrics keeps for them: a counter's without its `_total`, and when series were created. */
export function reservedNamesOf (name: string, type: string): string[] {
  const family = type === 'counter' ? name.replace(/_total$/, '') : name
  return type === 'gauge' ? [name] : [...new Set([...seriesNamesOf(name, type), family, `${family}_created`])]
}
