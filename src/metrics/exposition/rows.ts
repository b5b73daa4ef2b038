import { HistogramCell, ValueCell, type Cell } from '../cell.js'
import type { DifferenceFamily, Family, HistogramFamily, Labels, NumberFamily } from '../family.js'
import type { CatalogueView } from '../view.js'

/** A line or lines of text that come out of one set of labels, and the cells that they are read from. */
export interface Row {
  /** As they are written between the braces. */
  readonly labels: string
  cell: Cell | undefined
  /** Further cells, which are added up with the first. */
  more: Cell[] | undefined
}

/** A family's rows, the same for every format. */
export interface Rows {
  readonly family: Family
  /** As many as there are by now. */
  take: () => readonly Row[]
  /** Changes when the row does, so that a reader need not write it again; NaN when that cannot be told. */
  mark: (row: Row) => number
  /** Writes a row's lines, the bounds of buckets as given, and returns the mark of what was written. */
  write: (row: Row, bounds: readonly string[], into: string[]) => number
}

/** Finds what a family has in a catalogue. */
export function rowsOf (catalogue: CatalogueView, family: Family): Rows {
  if ('minus' in family) return differenceRows(catalogue, family)
  const take = taker(catalogue, family)
  return family.type === 'histogram' ? histogramRows(catalogue, family, take) : numberRows(family, take)
}

// Series are only ever added to an instrument, so those taken already need no second look.
function taker (catalogue: CatalogueView, family: HistogramFamily | NumberFamily): () => readonly Row[] {
  const rows: Row[] = []
  const taken = family.of.map(() => 0)
  // Made when there are new series and not kept, for it would be a tenth of a series' memory.
  const byText = () => new Map(rows.map(row => [row.labels, row]))

  function add (known: Map<string, Row>, labels: Labels, cell?: Cell) {
    const text = labelText(labels)
    let row = known.get(text)
    if (row === undefined) {
      rows.push(row = { labels: text, cell: undefined, more: undefined })
      known.set(text, row)
    }
    if (cell === undefined) return
    if (row.cell === undefined) row.cell = cell
    else (row.more ??= []).push(cell)
  }

  const started = byText()
  for (const labels of family.start ?? []) add(started, labels)

  return () => {
    let known: Map<string, Row> | undefined
    family.of.forEach((name, index) => {
      const instrument = catalogue.instruments.get(name)
      if (instrument === undefined || instrument.series.length === taken[index]) return
      known ??= byText()
      for (const { labels: values, cell } of instrument.series.slice(taken[index])) {
        const all = Object.fromEntries(instrument.labelNames.map((label, place) => [label, values[place] as string]))
        const labels = family.labels === undefined ? all : family.labels(all, name)
        if (labels !== undefined) add(known, labels, cell)
      }
      taken[index] = instrument.series.length
    })
    return rows
  }
}

function numberRows (family: NumberFamily, take: Rows['take']): Rows {
  const { name, read } = family
  const valueOf = (cell: Cell) => read === 'sum' && cell instanceof HistogramCell ? cell.sum : countOrValue(cell)
  const mark = (row: Row) => sumOf(row, valueOf)
  return {
    family,
    take,
    mark,
    write: (row, _bounds, into) => {
      const value = mark(row)
      into.push(name, braced(row.labels), writeNumber(value), '\n')
      return value
    }
  }
}

function differenceRows (catalogue: CatalogueView, family: DifferenceFamily): Rows {
  const { name, of, minus, constant = {} } = family
  const rows: Row[] = [{ labels: labelText(constant), cell: undefined, more: undefined }]
  return {
    family,
    take: () => catalogue.instruments.has(of[0] as string) ? rows : [],
    mark: () => NaN,
    write: (row, _bounds, into) => {
      // What ends is read before what begins, so that nothing ends without having begun.
      const ended = countsOf(catalogue, minus)
      into.push(name, braced(row.labels), String(Math.max(0, countsOf(catalogue, of) - ended)), '\n')
      return NaN
    }
  }
}

function histogramRows (catalogue: CatalogueView, family: HistogramFamily, take: Rows['take']): Rows {
  const { name, cut: { places }, all } = family
  const bucket = `${name}_bucket{`
  let zeros = 0

  return {
    family,
    take,
    mark: row => all === undefined ? sumOf(row, countOrValue) : NaN,
    write: (row, bounds, into) => {
      const cells = cellsOf(row) as HistogramCell[]
      const { labels } = row
      const head = labels === '' ? bucket : `${bucket}${labels},`
      const begun = all === undefined ? 0 : countsOf(catalogue, all.of)
      // The sum first: it is written before the bucket, so it holds all that the buckets do when the row is written
      // next.
      let sum = 0
      for (const cell of cells) sum += cell.sum
      const { total, counts } = read(cells, places)
      // What is recorded meanwhile may show on one side only, but a count must never shrink.
      if (all !== undefined) zeros = Math.max(zeros, begun - total - countsOf(catalogue, all.minus))
      for (let index = 0; index < places.length; index++) {
        into.push(head, bounds[index] as string, String((counts[index] as number) + zeros), '\n')
      }
      const tail = braced(labels)
      const count = String(total + zeros)
      into.push(
        head,
        'le="+Inf"} ',
        count,
        '\n',
        name,
        '_sum',
        tail,
        writeNumber(sum),
        '\n',
        name,
        '_count',
        tail,
        count,
        '\n'
      )
      return total
    }
  }
}

/** Reads each bucket once, so that what comes out agrees whatever is recorded meanwhile. */
function read (cells: readonly HistogramCell[], places: readonly number[]): { total: number, counts: number[] } {
  const counts: number[] = []
  let from = 0
  let below = 0
  for (const place of places) {
    for (const cell of cells) for (let slot = from; slot <= place; slot++) below += cell.bucket(slot)
    from = place + 1
    counts.push(below)
  }
  for (const cell of cells) for (let slot = from; slot <= cell.grid.length; slot++) below += cell.bucket(slot)
  return { total: below, counts }
}

function countsOf ({ instruments }: CatalogueView, names: readonly string[]): number {
  let sum = 0
  for (const name of names) for (const { cell } of instruments.get(name)?.series ?? []) sum += countOrValue(cell)
  return sum
}

function countOrValue (cell: Cell): number {
  return cell instanceof ValueCell ? cell.value : cell.count
}

function sumOf ({ cell, more }: Row, valueOf: (cell: Cell) => number): number {
  let sum = cell === undefined ? 0 : valueOf(cell)
  if (more !== undefined) for (const cell of more) sum += valueOf(cell)
  return sum
}

function cellsOf ({ cell, more = [] }: Row): Cell[] {
  return cell === undefined ? more : [cell, ...more]
}

function labelText (labels: Labels): string {
  return Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')
}

function braced (labels: string): string {
  return labels === '' ? ' ' : `{${labels}} `
}

function writeNumber (value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value)
}

// UTF-8 has no half of a surrogate pair: all of them would come out as the same text, and their series twice.
function escapeLabel (value: string): string {
  return value
    .replace(/\p{Surrogate}/gu, half => `\\u${half.charCodeAt(0).toString(16)}`)
    .replace(/[\\\n"]/g, found => found === '\n' ? '\\n' : `\\${found}`)
}
