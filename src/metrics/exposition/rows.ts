import { HistogramCell, ValueCell, type Cell } from '../cell.js'
import type { DifferenceFamily, Family, HistogramFamily, Labels, NumberFamily } from '../family.js'
import type { CatalogueView } from '../catalogue-view.js'

/** One line of text, or a histogram's lines, for one set of labels, and the cells that the numbers are read from. */
export interface Row {
  /** The labels, as they are written between the braces. */
  readonly labels: string
  cell: Cell | undefined
  /** Further cells, whose numbers are added to the first cell's. */
  more: Cell[] | undefined
}

/** A family's rows, the same for every format. */
export interface Rows {
  readonly family: Family
  /** Returns all rows that exist by now. */
  take: () => readonly Row[]
  /**
   * Returns a number that changes whenever the row does, so that an unchanged row need not be written again; NaN when
   * that is not known.
   */
  mark: (row: Row) => number
  /** Writes a row's lines with these bounds of buckets. Returns the row's mark at that time. */
  write: (row: Row, bounds: readonly string[], into: string[]) => number
}

/** Returns the rows of a family. */
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
      // The ended ones are read before the begun ones: otherwise more could have ended than begun.
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
      // Records that come in meanwhile may be in one of the two numbers only, but a count must never shrink.
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

/** Reads each bucket once, so that buckets and count agree even while records come in. */
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

// Half of a surrogate pair cannot be written in UTF-8: all halves would come out as one text, and series would come
// twice.
function escapeLabel (value: string): string {
  return value
    .replace(/\p{Surrogate}/gu, half => `\\u${half.charCodeAt(0).toString(16)}`)
    .replace(/[\\\n"]/g, found => found === '\n' ? '\\n' : `\\${found}`)
}
