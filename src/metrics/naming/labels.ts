import type { Labels } from '../family.js'

type Value = (labels: Labels, instrument: string) => string | undefined
type Labelling = ((labels: Labels, instrument: string) => Labels) & { readonly names: readonly string[] }

/**
 * Makes a function that turns the labels of an instrument into those of a family: each is one of them, by name, or
 * computed from all. Empty values are left out, since to Prometheus an empty label is none.
 */
export function labelled (values: Readonly<Record<string, string | Value>>): Labelling {
  const entries = Object.entries(values)
  const label = (labels: Labels, instrument: string) => {
    const made: Record<string, string> = {}
    for (const [name, value] of entries) {
      const text = typeof value === 'string' ? labels[value] : value(labels, instrument)
      if (text) made[name] = text
    }
    return made
  }
  return Object.assign(label, { names: Object.keys(values) })
}
