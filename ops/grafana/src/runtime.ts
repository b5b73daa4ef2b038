import { createDashboard } from './dashboard.js'
import { eventLoop } from './runtime-event-loop.js'
import { memory } from './runtime-memory.js'
import { measuring, process } from './runtime-process.js'

/** The process itself: event loop, garbage collection, memory, CPU, and what it holds open. */
export const runtime = createDashboard({
  uid: 'vitals-runtime',
  title: 'Vitals / Runtime',
  description: 'The Node.js process itself: event loop, garbage collection, memory, CPU, and what it holds open.',
  rows: [
    { title: 'Event loop', panels: eventLoop },
    { title: 'Memory and garbage collection', panels: memory },
    { title: 'Process', panels: process },
    { title: 'Measuring itself', panels: measuring }
  ]
})
