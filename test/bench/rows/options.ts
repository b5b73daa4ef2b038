import type { MetricsOptions } from '../../../plugins/metrics.js'
import type { Bench } from '../bench.js'
import { compareWorkloads, twoStarts, type OtherWorkload } from '../compare.js'
import { majors, nodeOf } from '../nodes.js'
import type { Result } from '../result.js'
import { plugins } from '../workload.js'

const sets: Record<string, MetricsOptions | 'byRoute'> = {
  'routeName, routeLabels': 'byRoute',
  labels: { labels: { region: 'eu', zone: 'a' } },
  namePrefix: { namePrefix: 'shop_' },
  groupStatusCodes: { groupStatusCodes: true },
  excludeRoutes: { excludeRoutes: ['/health', '/internal'] },
  excludeMethods: { excludeMethods: ['OPTIONS'] },
  unmatchedRoute: { unmatchedRoute: false },
  'families: own buckets, a name and labels': {
    families: {
      http_request_duration_seconds: { name: 'request_seconds', buckets: [0.1, 1], labels: { status_code: 'status' } }
    }
  },
  'families: one off': { families: { http_response_body_bytes: false } },
  'bodySizes: false': { bodySizes: false }
}

/** A hello route with `metrics` and each of its options, beside the bare one, on the image's Node.js. */
export async function options (whole: Bench): Promise<Result[]> {
  const bench = twoStarts(whole)
  const node = await nodeOf(majors[0])
  const ours = (name: string, set: typeof sets[string]): OtherWorkload => {
    const more = set === 'byRoute' ? { byRoute: true } : { metrics: set }
    return {
      it: { ...plugins(bench, ['metrics'], node, {}, more), name: `fastify-vitals: metrics, ${name}` },
      target: { ratio: 1.02 },
      instructionsOnly: true
    }
  }
  const others = Object.entries(sets).map(([name, set]) => ours(name, set))
  return await compareWorkloads(bench, 'options', plugins(bench, [], node), others)
}
