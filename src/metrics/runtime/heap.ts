import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { Catalogue } from '../catalogue.js'

/**
 * Records the size of the heap. It never waits and makes hardly any garbage, so it also works while the heap is full.
 */
export function recordHeap (catalogue: Catalogue): void {
  const total = catalogue.value('nodejs.heap.total').cell()
  const used = catalogue.value('nodejs.heap.used').cell()
  const external = catalogue.value('nodejs.memory.external').cell()
  const spaces = {
    total: catalogue.value('nodejs.heap.space.total', ['space'], { capped: false }),
    used: catalogue.value('nodejs.heap.space.used', ['space'], { capped: false }),
    available: catalogue.value('nodejs.heap.space.available', ['space'], { capped: false })
  }
  const cells = new Map(getHeapSpaceStatistics().map(({ space_name: name }) => {
    const space = name.replace(/_space$/, '')
    return [
      name,
      { total: spaces.total.cell(space), used: spaces.used.cell(space), available: spaces.available.cell(space) }
    ]
  }))

  const read = () => {
    const heap = getHeapStatistics()
    total.set(heap.total_heap_size)
    used.set(heap.used_heap_size)
    external.set(heap.external_memory)
    for (const {
      space_name: name,
      space_size: size,
      space_used_size: held,
      space_available_size: left
    } of getHeapSpaceStatistics()) {
      const space = cells.get(name)
      space?.total.set(size)
      space?.used.set(held)
      space?.available.set(left)
    }
  }
  // Once at the start, since main may be blocked from its first callback on.
  read()
  catalogue.onRefresh(read)
}
