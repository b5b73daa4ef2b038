import type { Family } from '../family.js'
import { cut, secondsGrid } from '../grid.js'

/**
 * Node.js under the names of prom-client, where these are kept, and more that prom-client does not measure or resets at
 * each scrape.
 */
export const runtime: readonly Family[] = [
  {
    name: 'nodejs_eventloop_stalled_seconds',
    type: 'gauge',
    help: 'For how long the event loop has been blocked at this moment, in seconds; 0 when it is not.',
    of: ['nodejs.eventloop.stalled']
  },
  {
    name: 'nodejs_eventloop_stall_duration_seconds',
    type: 'histogram',
    help: 'Time that the event loop was blocked, in seconds, each time that it was for long (STALL_MS).',
    of: ['nodejs.eventloop.stall'],
    cut: cut(secondsGrid, [1, 2.5, 5, 7.5, 10, 25, 50, 75])
  },
  {
    name: 'nodejs_gc_duration_seconds',
    type: 'histogram',
    help: 'Time that a garbage collection took, in seconds, by kind: minor, major, incremental or weakcb.',
    of: ['nodejs.gc'],
    labelNames: ['kind'],
    cut: cut(secondsGrid, [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5])
  },
  {
    name: 'nodejs_eventloop_delay_seconds',
    type: 'histogram',
    help: 'Time by which the event loop was late, in seconds.',
    of: ['nodejs.eventloop.delay'],
    cut: cut(secondsGrid, [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
  },
  {
    name: 'nodejs_eventloop_lag_seconds',
    type: 'gauge',
    help: 'Time by which the event loop was late when last looked at, in seconds.',
    of: ['nodejs.eventloop.lag']
  },
  {
    name: 'nodejs_eventloop_active_seconds_total',
    type: 'counter',
    help: 'Time that the event loop was at work, in seconds.',
    of: ['nodejs.eventloop.active']
  },
  {
    name: 'nodejs_eventloop_idle_seconds_total',
    type: 'counter',
    help: 'Time that the event loop waited for something to do, in seconds.',
    of: ['nodejs.eventloop.idle']
  },
  {
    name: 'nodejs_heap_size_total_bytes',
    type: 'gauge',
    help: 'Size of the heap, in bytes.',
    of: ['nodejs.heap.total']
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    type: 'gauge',
    help: 'Part of the heap that is used, in bytes.',
    of: ['nodejs.heap.used']
  },
  {
    name: 'nodejs_external_memory_bytes',
    type: 'gauge',
    help: 'Memory outside of the heap that objects in it hold, in bytes.',
    of: ['nodejs.memory.external']
  },
  {
    name: 'nodejs_heap_space_size_total_bytes',
    type: 'gauge',
    help: 'Size of each space of the heap, in bytes.',
    of: ['nodejs.heap.space.total'],
    labelNames: ['space']
  },
  {
    name: 'nodejs_heap_space_size_used_bytes',
    type: 'gauge',
    help: 'Part of each space of the heap that is used, in bytes.',
    of: ['nodejs.heap.space.used'],
    labelNames: ['space']
  },
  {
    name: 'nodejs_heap_space_size_available_bytes',
    type: 'gauge',
    help: 'Part of each space of the heap that is free, in bytes.',
    of: ['nodejs.heap.space.available'],
    labelNames: ['space']
  },
  {
    name: 'nodejs_active_resources',
    type: 'gauge',
    help: 'What keeps the event loop alive, by type; counted at most each 5 s.',
    of: ['nodejs.resources'],
    labelNames: ['type']
  },
  {
    name: 'nodejs_active_handles',
    type: 'gauge',
    help: 'Handles that are open, by class; counted at most each 5 s.',
    of: ['nodejs.handles'],
    labelNames: ['type']
  },
  {
    name: 'nodejs_active_requests',
    type: 'gauge',
    help: 'Requests to the system that are under way, by class; counted at most each 5 s.',
    of: ['nodejs.requests'],
    labelNames: ['type']
  },
  {
    name: 'nodejs_version_info',
    type: 'gauge',
    help: 'Always 1; its labels are the version of Node.js.',
    of: ['nodejs.version'],
    labelNames: ['version', 'major', 'minor', 'patch']
  }
]
