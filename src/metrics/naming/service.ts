import type { Family } from '../family.js'
import { cut, secondsGrid } from '../grid.js'

/** Families that come with every naming: the measuring itself, the build, health checks and the process. */
export const service: readonly Family[] = [
  {
    name: 'metrics_series',
    type: 'gauge',
    help: 'Series that metrics hold in memory.',
    of: ['metrics.series']
  },
  {
    name: 'metrics_series_folded_total',
    type: 'counter',
    help: 'Label values past the cap on series, ' +
      'whose numbers went to the series labelled __overflow__; counted as far as 10,000.',
    of: ['metrics.folded']
  },
  {
    name: 'metrics_scrape_duration_seconds',
    type: 'histogram',
    help: 'Time that it took to write the metrics of a scrape, in seconds.',
    of: ['metrics.scrape.duration'],
    cut: cut(secondsGrid, [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1])
  },
  {
    name: 'metrics_scrape_bytes',
    type: 'gauge',
    help: 'Size of the metrics of the last scrape, in bytes.',
    of: ['metrics.scrape.bytes']
  },
  {
    name: 'metrics_hook_errors_total',
    type: 'counter',
    help: 'Exceptions inside of what measures, by hook. What is measured goes on, but is not recorded.',
    of: ['metrics.hook.errors'],
    labelNames: ['hook']
  },
  {
    name: 'metrics_main_age_seconds',
    type: 'gauge',
    help: "Age of what only the main thread can tell, such as heap sizes and a service's own metrics, " +
      'in seconds; it grows while the event loop is blocked.',
    of: ['metrics.main.age']
  },
  {
    name: 'metrics_observer_up',
    type: 'gauge',
    help: 'Whether the thread that serves metrics while the event loop is blocked runs (1) or not (0).',
    of: ['metrics.observer.up']
  },
  {
    name: 'metrics_observer_restarts_total',
    type: 'counter',
    help: 'Times that this thread ended by itself and was started again.',
    of: ['metrics.observer.restarts']
  },
  {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1; its labels are the versions of the service and of Node.js.',
    of: ['build.info'],
    labelNames: ['version', 'node']
  },
  {
    name: 'service_phase',
    type: 'gauge',
    help: 'Whether the service is in a phase of its life (1) or not (0): running, ' +
      'draining (not ready, but serving), closing (finishing requests) or ended (the pool, too).',
    of: ['service.phase'],
    labelNames: ['phase']
  },
  {
    name: 'service_unready',
    type: 'gauge',
    help: 'Whether the readiness probe answers 503 for a reason (1) or not (0), as of the scrape before.',
    of: ['service.unready'],
    labelNames: ['reason']
  },
  {
    name: 'health_check_up',
    type: 'gauge',
    help: 'Whether a health check passed (1) or failed (0) when last run.',
    of: ['health.up'],
    labelNames: ['check']
  },
  {
    name: 'health_check_duration_seconds',
    type: 'histogram',
    help: 'Time that a health check took, in seconds.',
    of: ['health.duration'],
    labelNames: ['check'],
    cut: cut(secondsGrid, [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5])
  },
  {
    name: 'process_cpu_user_seconds_total',
    type: 'counter',
    help: 'Time that the process was on a processor for itself, in seconds.',
    of: ['process.cpu.user']
  },
  {
    name: 'process_cpu_system_seconds_total',
    type: 'counter',
    help: 'Time that the system was on a processor for the process, in seconds.',
    of: ['process.cpu.system']
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'Both together, in seconds.',
    of: ['process.cpu.user', 'process.cpu.system']
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the process started, in seconds since 1970.',
    of: ['process.start']
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Memory of the process that is in RAM, in bytes.',
    of: ['process.memory.resident']
  },
  {
    name: 'process_virtual_memory_bytes',
    type: 'gauge',
    help: 'Address space of the process, in bytes.',
    of: ['process.memory.virtual']
  },
  {
    name: 'process_heap_bytes',
    type: 'gauge',
    help: 'Size of the data segment of the process, in bytes.',
    of: ['process.memory.data']
  },
  {
    name: 'process_open_fds',
    type: 'gauge',
    help: 'File descriptors that are open.',
    of: ['process.fds.open']
  },
  {
    name: 'process_max_fds',
    type: 'gauge',
    help: 'Most file descriptors that may be open.',
    of: ['process.fds.max']
  }
]
