import type { Bench } from '../bench.js'
import { growth } from '../growth.js'
import type { Ours } from '../programs/http/fastify.js'
import type { Result } from '../result.js'
import { queries, requests } from '../workload.js'

const routes = (count: number) => Array.from({ length: count }, (_, route) => `/routes/${route}`)

/** What recording adds when there is more to tell apart, beside what it adds when there is little. */
export async function flat (bench: Bench): Promise<Result[]> {
  const hello = (name: string, file: 'bare' | 'ours', more: Ours, paths: string[]) => {
    const argument: Ours = { ...more, plugins: file === 'ours' ? ['metrics'] : [] }
    return requests(bench, name, { file: 'http/fastify', argument }, paths)
  }
  bench.progress.begin('flat', 12 * bench.plan.counts)
  return [
    await growth(
      bench,
      'routes',
      [10, 1000],
      (count, file) => hello(`${file}, ${count} routes`, file, { routes: count }, routes(count))
    ),
    await growth(
      bench,
      'statuses',
      [1, 10],
      (count, file) => hello(`${file}, ${count} statuses`, file, { statuses: count }, ['/statuses'])
    ),
    await growth(
      bench,
      'call sites',
      [10, 1000],
      (count, file) => queries(bench, `${file}, ${count} call sites`, file, 1, count)
    )
  ]
}
