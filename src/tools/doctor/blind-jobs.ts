import { parse } from 'yaml'
import { valuesOf } from '../shared/exposition.js'
import type { Context } from './context.js'

/** A job of Prometheus that discovers targets in Kubernetes and finds none. */
export interface BlindJob {
  name: string
  /** Namespaces that it searches; an empty list means all. */
  namespaces: string[]
}

interface Discovery { namespaces?: { names?: string[] } }
interface Job { job_name: string, kubernetes_sd_configs?: Discovery[] }

/** The jobs that may not look into the namespaces of their targets, or have none there. */
export async function readBlindJobs ({ askJson, metrics }: Context): Promise<BlindJob[]> {
  const { data: { yaml } } = await askJson<{ data: { yaml: string } }>('prometheus', '/api/v1/status/config')
  const { scrape_configs: jobs = [] } = parse(yaml) as { scrape_configs?: Job[] }
  const exposition = await metrics('prometheus')
  if (exposition === undefined) return []
  const discovered = (name: string) =>
    valuesOf(exposition, 'prometheus_sd_discovered_targets', { config: name }).reduce((sum, value) => sum + value, 0)
  return jobs.filter(({ job_name: name, kubernetes_sd_configs: configs }) => configs !== undefined &&
    discovered(name) === 0)
    .map(({
      job_name: name,
      kubernetes_sd_configs: configs = []
    }) => ({ name, namespaces: configs.flatMap(({ namespaces }) => namespaces?.names ?? []) }))
}
