import * as units from '@grafana/grafana-foundation-sdk/units'
import { graph } from './panels.js'
import { perSecond, quantile, series } from './query.js'

export const memory = [
  graph({
    title: 'Heap',
    description: 'Memory of JavaScript objects: in use, and taken from the system, by instance. In use it rises and ' +
      'falls with each collection; what counts is where it falls to.',
    unit: units.BytesIEC,
    width: 8,
    alerts: ['HeapGrowing'],
    queries: [
      { expr: series('nodejs_heap_size_used_bytes'), legend: 'used {{instance}}' },
      { expr: series('nodejs_heap_size_total_bytes'), legend: 'total {{instance}}' }
    ]
  }),
  graph({
    title: 'Memory beside the heap',
    description: 'All memory of the process that is in RAM, buffers, which live outside the heap, and the limit that ' +
      'alerts go by.',
    unit: units.BytesIEC,
    width: 8,
    alerts: ['MemoryNearLimit', 'MemoryGrowing'],
    queries: [
      { expr: series('process_resident_memory_bytes'), legend: 'resident {{instance}}' },
      { expr: series('nodejs_external_memory_bytes'), legend: 'external {{instance}}' },
      { expr: 'service:memory_limit:bytes{job=~"$job"}', legend: 'limit' }
    ]
  }),
  graph({
    title: 'Heap in use, by space',
    description: 'Where objects live: new ones in `new`, those that outlived two collections in `old`, code in `code`.',
    unit: units.BytesIEC,
    width: 8,
    stack: true,
    queries: [{ expr: `sum by (space) (${series('nodejs_heap_space_size_used_bytes')})`, legend: '{{space}}' }]
  }),
  graph({
    title: 'Time in garbage collection',
    description: 'Share of time that collections took, by kind. `minor` is short and frequent; much of `major` means ' +
      'a heap that is nearly full.',
    unit: units.PercentUnit,
    width: 8,
    stack: true,
    limits: { warning: 0.1 },
    alerts: ['GarbageCollectionHeavy'],
    queries: [{ expr: perSecond('nodejs_gc_duration_seconds_sum', 'kind'), legend: '{{kind}}' }]
  }),
  graph({
    title: 'Collections per second',
    description: 'Collections, by kind. They follow the rate at which objects are made.',
    unit: units.CountsPerSecond,
    width: 8,
    stack: true,
    queries: [{ expr: perSecond('nodejs_gc_duration_seconds_count', 'kind'), legend: '{{kind}}' }]
  }),
  graph({
    title: 'Time of a collection, p99',
    description: 'Time that 99 % of the collections stayed under, by kind. Nothing else runs meanwhile, but for the ' +
      'concurrent parts of a major one. Gaps are times without one.',
    unit: units.Seconds,
    width: 8,
    queries: [{ expr: quantile(0.99, 'nodejs_gc_duration_seconds', 'kind'), legend: '{{kind}}' }]
  })
]
