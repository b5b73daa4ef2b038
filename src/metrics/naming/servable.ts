import { closest } from '../../plugin/suggest.js'
import { shown } from '../../plugin/words.js'
import { labelNamesOf, type Family } from '../family.js'
import { validLabel } from '../label-name.js'
import { reservedNamesOf } from '../prom-client/series-names.js'
import { familiesOf } from './index.js'
import type { FamilyOptions, Served } from './served.js'

/** Labels that Prometheus gives a histogram's buckets and a summary's quantiles. */
const reserved = new Set(['le', 'quantile'])

/**
 * Throws a TypeError that names the option when what it asks for cannot be served: a family or a label that there is
 * not, a name or a label that is given twice, buckets that do not rise.
 */
export function assertServable ({ names, labels = {}, routeLabels = [], families: options = {} }: Served): void {
  const families = familiesOf(names)
  assertThere(names, families, options)
  assertLabels(Object.keys(labels), routeLabels)
  const served = families.filter(({ name }) => options[name] !== false)
  const taken: Taken = new Map()
  for (const label of Object.keys(labels)) taken.set(label, 'labels')
  for (const label of routeLabels) taken.set(label, 'routeLabels')
  for (const family of served) {
    const option = options[family.name] || {}
    assertBuckets(family, option.buckets)
    assertRenamed(family, option.labels, taken)
  }
  assertApart(served, options)
}

/** The options that give series a label, by its name. */
type Taken = Map<string, 'labels' | 'routeLabels'>

function assertThere (names: Served['names'], families: readonly Family[], options: object): void {
  const there = families.map(({ name }) => name)
  const unknown = Object.keys(options).find(name => !there.includes(name))
  if (unknown === undefined) return
  const meant = closest(unknown, there)
  throw new TypeError(
    `The option families of metrics has ${unknown}, a family that does not exist under the names ` +
    `${names.join(', ')}${meant === undefined ? '' : `: did you mean ${meant}?`}`
  )
}

function assertLabels (labels: readonly string[], routeLabels: readonly string[]): void {
  for (const label of [...labels, ...routeLabels]) {
    if (!validLabel.test(label)) {
      throw new TypeError(
        `The label ${JSON.stringify(label)} of metrics must be letters, ` +
        'digits and underscores, not two of these at its beginning'
      )
    }
    if (reserved.has(label)) {
      throw new TypeError(`The label ${label} of metrics is reserved by Prometheus: give it another name`)
    }
  }
  const twice = labels.find(label => routeLabels.includes(label))
  if (twice !== undefined) {
    throw new TypeError(`The label ${twice} of metrics is in labels and in routeLabels: give one another name`)
  }
}

function assertBuckets ({ name, type }: Family, buckets: FamilyOptions['buckets']): void {
  if (buckets === undefined) return
  if (type !== 'histogram') {
    throw new TypeError(
      `The option families.${name} of metrics has buckets, but it is a ${type}: only a histogram has them`
    )
  }
  if (!isRising(buckets)) {
    throw new TypeError(
      `The option families.${name}.buckets of metrics is ${shown(buckets)}, ` +
      'but must be a list of numbers in increasing order'
    )
  }
}

/** Whether each bound is above the one before. */
function isRising (bounds: readonly number[]): boolean {
  return bounds.every((bound, place) => bound > (bounds[place - 1] ?? -Infinity))
}

function assertRenamed (family: Family, renamed: FamilyOptions['labels'] = {}, taken: Taken): void {
  const had = labelNamesOf(family)
  const option = `The option families.${family.name}.labels`
  for (const [from, to] of Object.entries(renamed)) {
    if (!had.includes(from)) {
      const meant = closest(from, had)
      const advice = had.length === 0
        ? 'it has none'
        : meant === undefined ? `its labels are ${had.join(', ')}` : `did you mean ${meant}?`
      throw new TypeError(`${option} of metrics has ${from}, which is no label of the family: ${advice}`)
    }
    if (reserved.has(to)) {
      throw new TypeError(
        `${option}.${from} of metrics is '${to}', which is reserved by Prometheus: give it another name`
      )
    }
  }
  const has = had.map(name => renamed[name] ?? name)
  const twice = has.find((name, place) => has.indexOf(name) !== place)
  if (twice !== undefined) {
    throw new TypeError(`${option} of metrics gives two labels the name ${twice}: give one another name`)
  }
  const clash = has.find(name => taken.has(name))
  if (clash === undefined) return
  const by = taken.get(clash)
  if (Object.values(renamed).includes(clash)) {
    throw new TypeError(
      `${option} of metrics gives a label the name ${clash}, which the option ${by} gives one, too: ` +
      'give one another name'
    )
  }
  throw new TypeError(
    `The option ${by} of metrics has the label ${clash}, which ${family.name} has already: give it another name`
  )
}

/** No family may come out under a name that one of another's series has, or may have. */
function assertApart (families: readonly Family[], options: Served['families'] = {}): void {
  const owners = new Map<string, string>()
  // Those that are renamed come last, so that it is they that are told of.
  const nameOf = ({ name }: Family) => (options[name] || {}).name
  const [renamed, others] = [families.filter(nameOf), families.filter(family => nameOf(family) === undefined)]
  for (const family of [...others, ...renamed]) {
    const name = nameOf(family) ?? family.name
    const series = reservedNamesOf(name, family.type)
    const owner = series.map(each => owners.get(each)).find(owner => owner !== undefined)
    if (owner !== undefined) {
      throw new TypeError(
        `The option families.${family.name}.name of metrics is '${name}', ` +
        `under which ${owner} is served, or a part of it: give one another name`
      )
    }
    for (const each of series) owners.set(each, family.name)
  }
}
