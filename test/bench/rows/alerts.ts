import type { Bench } from '../bench.js'
import { compareWorkloads } from '../compare.js'
import { fillJournal } from '../journal.js'
import type { Result } from '../result.js'
import { listings } from '../workload.js'

/**
 * The service's list of alerts with everything on, beside the same route, query and logger on bare Fastify and
 * postgres.js.
 */
export async function alerts (bench: Bench): Promise<Result[]> {
  await fillJournal(await bench.database())
  return await compareWorkloads(bench, 'alerts', listings(bench, 'bare Fastify and postgres.js', 'bare'), [
    { it: listings(bench, 'fastify-vitals, the service', 'ours'), target: { ratio: 1.03 } }
  ])
}
