import { createDashboard } from './dashboard.js'
import { health } from './overview-health.js'
import { latency } from './overview-latency.js'
import { saturation } from './overview-saturation.js'
import { slo } from './overview-slo.js'
import { traffic } from './overview-traffic.js'

/** How the service is doing, from top to bottom: what its users get, what it is short of, what it depends on. */
export const overview = createDashboard({
  uid: 'vitals-overview',
  title: 'Vitals / Overview',
  description: 'How the service is doing: what its users get, what it is short of, what it depends on.',
  rows: [
    { title: 'Traffic', panels: traffic },
    { title: 'Latency', panels: latency },
    { title: 'Saturation', panels: saturation },
    { title: 'Health', panels: health },
    { title: 'Service level objectives', panels: slo }
  ]
})
