import type { Family } from './family.js'
import { cut } from './grid.js'
import type { OwnFamily } from './catalogue-view.js'

/** Returns the family of a service's own metric: the instrument of its name, with all of its labels. */
export function ownFamily ({ name, type, help, buckets = [] }: OwnFamily): Family {
  return type === 'histogram'
    ? { name, type, help, of: [name], cut: cut(buckets, buckets) }
    : { name, type, help, of: [name] }
}
