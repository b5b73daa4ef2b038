import { setTimeout as sleep } from 'node:timers/promises'
import { readRules, type Prometheus } from '../../fixtures/prometheus.js'
import { metricsOf } from '../../fixtures/promql.js'
import { until } from '../../fixtures/until.js'
import type { Bench } from '../bench.js'
import { attempt, figures } from '../compare.js'
import type { Instances } from '../programs/rules/instances.js'
import { start, type Program } from '../program.js'
import { shippedRules, startPrometheus } from '../prometheus.js'
import type { Result } from '../result.js'

/** Routes of an instance, each with one query of its own. */
const routes = 50
/** Seconds from one scrape to the next, and from one evaluation to the next, in ops/prometheus/prometheus.yml. */
const interval = 15

interface Found {
  /** Milliseconds that an evaluation of all groups took, one after the other. */
  evaluations: number[]
  /** MiB of Prometheus that are resident, and the series that it has in memory. */
  resident: number
  held: number
}

/**
 * What Prometheus needs to evaluate the rules that the project ships over few and many instances, and its memory, with
 * all cores and the series that these rules read.
 */
export async function rules (bench: Bench): Promise<Result[]> {
  bench.progress.begin('rules', 3 * 3)
  const one = await attempt(async () => await evaluated(bench, 1))
  const some = await attempt(async () => await evaluated(bench, 20))
  const many = await attempt(async () => await evaluated(bench, 100))

  const result = (
    named: Pick<Result, 'what' | 'beside' | 'measure' | 'unit' | 'target'>,
    [beside, found]: Array<Found | { missing: string }>,
    costs: (found: Found) => number[]
  ): Result => {
    const missing = [beside, found].find(one => one !== undefined && 'missing' in one)
    return {
      row: 'rules',
      ...named,
      ...(missing ?? figures(costs(beside as Found), costs(found as Found))) as Partial<Result>
    }
  }
  const time = { measure: 'time', unit: 'ms' } as const
  const memory = { measure: 'memory', unit: 'MiB' } as const
  const all = ({ evaluations }: Found) => evaluations
  const each = (instances: Map<Found, number>) => (found: Found) =>
    found.evaluations.map(ms => ms / (instances.get(found) ?? NaN))
  const counts = new Map([[some, 20], [many, 100]] as Array<[Found, number]>)
  const holding = (instances: number, found: Found | { missing: string }) =>
    `Prometheus, ${instances} ${instances === 1 ? 'instance' : 'instances'}` +
    ('held' in found ? `, ${found.held.toLocaleString('en')} series` : '')
  return [
    result({ ...time, what: 'all rules, 20 instances', beside: '1 instance' }, [one, some], all),
    result({
      ...time,
      what: 'all rules, 100 instances',
      beside: '20 instances',
      target: { most: interval * 1000 / 10 }
    }, [some, many], all),
    result({
      ...time,
      what: 'all rules, for each of 100 instances',
      beside: 'each of 20',
      target: { ratio: 1.2 }
    }, [some, many], each(counts)),
    result({
      ...memory,
      what: holding(20, some),
      beside: holding(1, one)
    }, [one, some], ({ resident }) => [resident]),
    result({
      ...memory,
      what: holding(100, many),
      beside: holding(20, some)
    }, [some, many], ({ resident }) => [resident])
  ]
}

async function evaluated ({ directory, plan, progress }: Bench, count: number): Promise<Found> {
  const rules = await readRules(shippedRules)
  const exprs = Object.values(rules).flat().flatMap(({ rules }) => rules.map(({ expr }) => expr))
  const metrics = [...new Set(exprs.flatMap(metricsOf))]
  const stops: Array<Program['stop']> = []
  try {
    progress.step(`starting ${count} instances`)
    const instances = await start({
      file: 'rules/instances',
      argument: { routes, metrics, interval } satisfies Instances
    })
    stops.push(instances.stop)
    const address = `127.0.0.1:${await instances.ask<number>('port')}`
    const targets = Array.from({ length: count }, (_, number) => ({
      targets: [address],
      labels: { namespace: 'bench', instance: `10.0.0.${number}:9464`, __metrics_path__: `/${number}` }
    }))
    const prometheus = await startPrometheus(directory, { targets, rules, interval })
    stops.push(prometheus.stop)

    progress.step(`scraping ${count} instances`)
    const scraped = 'count(count_over_time(http_service_aborted_total{traffic="users"}[5m]) >= 19)'
    await until(
      `five minutes of ${count} instances`,
      async () => (await prometheus.instant(scraped))[0]?.values[0] === count,
      120
    )
    progress.step(`evaluating for ${count} instances`)
    const evaluations = await evaluationsOf(prometheus, plan.rounds / 3)
    const failed = await prometheus.failedRules()
    if (failed.length > 0) throw new Error(failed.join('; '))
    const own = async (metric: string) =>
      (await prometheus.instant(`${metric}{job="prometheus"}`))[0]?.values[0] ?? NaN
    return {
      evaluations,
      resident: await own('process_resident_memory_bytes') / 2 ** 20,
      held: await own('prometheus_tsdb_head_series')
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

/** Milliseconds of so many evaluations, that of each being the sum of what its groups took. */
async function evaluationsOf ({ origin }: Prometheus, rounds: number): Promise<number[]> {
  interface Group { file: string, name: string, evaluationTime: number, lastEvaluation: string }
  const groups = async () => {
    const response = await fetch(`${origin}/api/v1/rules`)
    return (await response.json() as { data: { groups: Group[] } }).data.groups
  }
  const seen = new Map<string, { last: string, ms: number[] }>()
  // The first that is seen had not all series yet.
  for (const { file, name, lastEvaluation } of await groups()) {
    seen.set(`${file} ${name}`, { last: lastEvaluation, ms: [] })
  }
  await until(`${rounds} evaluations`, async () => {
    for (const { file, name, lastEvaluation, evaluationTime } of await groups()) {
      const group = seen.get(`${file} ${name}`)
      if (group === undefined || group.last === lastEvaluation) continue
      group.last = lastEvaluation
      group.ms.push(evaluationTime * 1000)
    }
    await sleep(250)
    return [...seen.values()].every(({ ms }) => ms.length >= rounds)
  }, 60 + 3 * interval * rounds)
  return Array.from(
    { length: rounds },
    (_, round) => [...seen.values()].reduce((sum, { ms }) => sum + (ms[round] ?? NaN), 0)
  )
}
