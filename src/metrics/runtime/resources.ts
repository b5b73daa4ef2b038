import type { Catalogue } from '../catalogue.js'
import { clock } from '../../clock.js'

/** Milliseconds for which the counts are kept: Node.js lists all resources to count them, one for each connection. */
const keptMs = 5000

type Undocumented = typeof process & Record<'_getActiveHandles' | '_getActiveRequests', () => object[]>

/** Records what keeps the event loop alive, by type. */
export function recordResources (catalogue: Catalogue): void {
  const { _getActiveHandles: handles, _getActiveRequests: requests } = process as Undocumented
  const typeOf = ({ constructor: { name } }: object) => name
  const setResources = recorder(catalogue, 'nodejs.resources')
  const setHandles = recorder(catalogue, 'nodejs.handles')
  const setRequests = recorder(catalogue, 'nodejs.requests')
  let countedAt = -Infinity

  catalogue.onRefresh(() => {
    if (clock() - countedAt < keptMs) return
    countedAt = clock()
    setResources(process.getActiveResourcesInfo())
    setHandles(handles().map(typeOf))
    setRequests(requests().map(typeOf))
  })
}

function recorder (catalogue: Catalogue, name: string): (types: readonly string[]) => void {
  const instrument = catalogue.value(name, ['type'], { capped: false })
  const counts = new Map<string, number>()
  return types => {
    // A type that was there before is counted as 0.
    for (const type of counts.keys()) counts.set(type, 0)
    for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1)
    for (const [type, count] of counts) instrument.cell(type).set(count)
  }
}
