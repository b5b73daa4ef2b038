import type { DifferenceFamily, Family, HistogramFamily, Labels, NumberFamily } from '../family.js'
import { boundsOf, bytesGrid, countsGrid, cut, secondsGrid } from '../grid.js'
import { familiesOf, type Naming } from './index.js'

/** How a family is served in place of how it is by default. */
export interface FamilyOptions {
  readonly name?: string
  readonly help?: string
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[]
  /** Names of labels in place of others. */
  readonly labels?: Readonly<Record<string, string>>
}

/** What is served, and how: plain data, so that another thread can be told. */
export interface Served {
  readonly names: readonly Naming[]
  /** What stands before each name. */
  readonly namePrefix?: string | undefined
  /** Labels of every series. */
  readonly labels?: Labels | undefined
  /** Labels of a route that an instrument has beside the usual ones. */
  readonly routeLabels?: readonly string[] | undefined
  /** Families that are served otherwise, or not at all, by their name here. */
  readonly families?: Readonly<Record<string, FamilyOptions | false>> | undefined
}

/** The families that are served, of what can be served so. */
export function servedFamilies (served: Served): Family[] {
  const { names, namePrefix = '', labels = {}, routeLabels = [], families: options = {} } = served
  const grids = gridsOf(served)
  const families: Family[] = []
  for (const family of familiesOf(names)) {
    const option = options[family.name]
    if (option === false) continue
    let changed = recut(family, grids, option?.buckets)
    changed = withRouteLabels(changed, routeLabels)
    changed = withRenamedLabels(changed, option?.labels ?? {})
    changed = withLabels(changed, labels)
    families.push({
      ...changed,
      name: `${namePrefix}${option?.name ?? family.name}`,
      help: option?.help ?? family.help
    })
  }
  return families
}

/** The grids to record by, where buckets are asked for that have bounds of their own. */
export function gridsOf ({ names, families = {} }: Served): Map<readonly number[], readonly number[]> {
  const grids = new Map<readonly number[], readonly number[]>()
  for (const grid of [secondsGrid, bytesGrid, countsGrid]) {
    const bounds = familiesOf(names).flatMap(family => {
      const option = families[family.name]
      return option === false || family.type !== 'histogram' || family.cut.grid !== grid ? [] : option?.buckets ?? []
    })
    if (bounds.some(bound => !grid.includes(bound))) {
      grids.set(grid, [...new Set([...grid, ...bounds])].sort((one, other) => one - other))
    }
  }
  return grids
}

/** A family whose series all have some labels more. */
export function withLabels (family: Family, labels: Labels): Family {
  if (Object.keys(labels).length === 0) return family
  if ('minus' in family) return { ...family, constant: { ...family.constant, ...labels } } satisfies DifferenceFamily
  return mapLabels(family, had => ({ ...had, ...labels }))
}

function withRenamedLabels (family: Family, renamed: Readonly<Record<string, string>>): Family {
  if (Object.keys(renamed).length === 0 || 'minus' in family) return family
  return mapLabels(
    family,
    had => Object.fromEntries(Object.entries(had).map(([name, value]) => [renamed[name] ?? name, value]))
  )
}

function withRouteLabels (family: Family, names: readonly string[]): Family {
  if (names.length === 0 || 'minus' in family || !tellsRoutesApart(family)) return family
  const { labels } = family
  if (labels === undefined) return family
  const own = (all: Labels) =>
    Object.fromEntries(names.flatMap(name => all[name] === undefined || all[name] === '' ? [] : [[name, all[name]]]))
  return {
    ...family,
    labels: (all: Labels, instrument: string) => {
      const had = labels(all, instrument)
      return had === undefined ? undefined : { ...had, ...own(all) }
    }
  }
}

function tellsRoutesApart ({ of, labels }: HistogramFamily | NumberFamily): boolean {
  if (labels === undefined) return false
  const [one, other] = ['/one', '/other'].map(route => JSON.stringify(labels(
    { route, method: 'GET', status: '200' },
    of[0] ?? ''
  )))
  return one !== other
}

function mapLabels (family: HistogramFamily | NumberFamily, change: (labels: Labels) => Labels): Family {
  const { labels = (all: Labels) => all, start } = family
  return {
    ...family,
    labels: (all: Labels, instrument: string) => {
      const had = labels(all, instrument)
      return had === undefined ? undefined : change(had)
    },
    ...start !== undefined && { start: start.map(change) }
  }
}

function recut (family: Family, grids: ReturnType<typeof gridsOf>, buckets: readonly number[] | undefined): Family {
  if (family.type !== 'histogram') return family
  const grid = grids.get(family.cut.grid) ?? family.cut.grid
  if (buckets !== undefined) return { ...family, cut: cut(grid, buckets) }
  return grid === family.cut.grid
    ? family
    : { ...family, cut: { ...cut(grid, boundsOf(family.cut)), texts: family.cut.texts } }
}
