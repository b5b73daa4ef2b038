import { bytes, percent, short, time, whole } from '../ui/format.js'
import type { ChartOptions } from './chart.js'

/** The charts, in the order in which they are shown. */
export const charts: ChartOptions[] = [
  {
    title: 'requests',
    headline: 'answered',
    format: value => `${short(value)}/s`,
    atLeast: 1,
    series: [
      { column: 'answered', label: 'answered', color: '--blue', filled: true },
      { column: 'failed', label: 'failed', color: '--red' },
      { column: 'shed', label: 'shed', color: '--amber' },
      { column: 'aborted', label: 'aborted', color: '--violet' }
    ]
  },
  {
    title: 'latency',
    headline: 'p95',
    format: time,
    atLeast: 0.001,
    idle: { while: 'answered', text: 'noRequestsThen' },
    series: [
      { column: 'p50', label: 'p50', color: '--teal', filled: true },
      { column: 'p95', label: 'p95', color: '--blue' },
      { column: 'p99', label: 'p99', color: '--violet' }
    ]
  },
  {
    title: 'inFlight',
    headline: 'inFlight',
    format: whole,
    atLeast: 4,
    series: [{ column: 'inFlight', label: 'inFlightSeries', color: '--teal', filled: true }]
  },
  {
    title: 'eventLoop',
    headline: 'delay',
    format: time,
    atLeast: 0.01,
    series: [
      { column: 'delay', label: 'delay', color: '--blue', filled: true },
      { column: 'stalled', label: 'stalled', color: '--red', filled: true }
    ]
  },
  {
    title: 'cpu',
    headline: 'cpu',
    format: percent,
    atLeast: 0.1,
    series: [
      { column: 'cpu', label: 'cpuSeries', color: '--violet', filled: true },
      { column: 'utilization', label: 'utilization', color: '--teal' }
    ]
  },
  {
    title: 'memory',
    headline: 'resident',
    format: bytes,
    atLeast: 2 ** 20,
    steps: Array.from({ length: 30 }, (_, power) => 2 ** (power + 16)),
    series: [
      { column: 'resident', label: 'resident', color: '--blue' },
      { column: 'heapTotal', label: 'heapTotal', color: '--gray', dashed: true },
      { column: 'heapUsed', label: 'heapUsed', color: '--teal', filled: true }
    ]
  },
  {
    title: 'pool',
    headline: 'used',
    format: whole,
    atLeast: 2,
    series: [
      { column: 'used', label: 'used', color: '--blue', filled: true },
      { column: 'idle', label: 'idle', color: '--teal' },
      { column: 'waiting', label: 'waiting', color: '--red' },
      { column: 'connectionsMax', label: 'connectionsMax', color: '--gray', dashed: true }
    ]
  },
  {
    title: 'queryTime',
    headline: 'executing95',
    format: time,
    atLeast: 0.001,
    idle: { while: 'connectionsMax', text: 'noQueriesThen' },
    series: [
      { column: 'executing95', label: 'executing', color: '--blue', filled: true },
      { column: 'waiting95', label: 'waitingTime', color: '--amber' }
    ]
  }
]
