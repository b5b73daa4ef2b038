import type { Filter } from './schema.js'

/** The labels that an alert must have to match: its name and severity are labels, too. */
export function labelsOf ({ name, severity, label = [] }: Filter): Record<string, string> {
  return Object.fromEntries([
    ...label.map(splitLabel),
    ...name ? [['alertname', name]] : [],
    ...severity !== undefined ? [['severity', severity]] : []
  ])
}

/** Whether labels exclude each other, so that no alert matches: one label with two values. */
export function exclude (filter: Filter): boolean {
  const wanted = labelsOf(filter)
  return (filter.label ?? []).map(splitLabel).some(([name, value]) => wanted[name] !== value)
}

function splitLabel (pair: string): [name: string, value: string] {
  const equals = pair.indexOf('=')
  return [pair.slice(0, equals), pair.slice(equals + 1)]
}
