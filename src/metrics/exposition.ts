import type { Catalogue } from './catalogue.js'
import { HistogramCell, ValueCell, type Cell } from './cell.js'
import type { Family, HistogramFamily, Labels, NumberFamily } from './family.js'
import { TextBuffer } from './text-buffer.js'

/** Writes families in Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). */
export interface Exposition {
  /** The text, in UTF-8. What is given, which must be in the format already, comes after it. */
  render: (rest?: string) => Buffer
  /** Gives a text back once nobody reads it any more, so that a later one can be written to its memory. */
  recycle: (text: Buffer) => void
}

/** Text with a place in the last rendering: a header, or a series and the cells that come out as it. */
interface Piece {
  readonly labels: string
  cell: Cell | undefined
  /** Further cells, which are added up with the first. */
  more: Cell[] | undefined
  /** How many values its cells had recorded, or their value, when it was written. */
  seen: number
  offset: number
  length: number
}

interface Writer {
  /** A family's pieces, as many as there are by now. */
  pieces: () => readonly Piece[]
  write: (piece: Piece) => string
}

/** Bytes of text that are held from one rendering to the next whatever happens. */
const mostHeld = 4 * 1024 * 1024

/**
 * Prepares families for being written. Only series that have changed since the last rendering are written anew; the
 * others are copied from it. Larger texts are held weakly, so that between scrapes their memory is free to be used otherwise.
 */
export function createExposition (catalogue: Catalogue, families: readonly Family[]): Exposition {
  const writers = families.map(family => createWriter(catalogue, family))
  let last: { deref: () => Buffer | undefined } | undefined
  let lastIsFree = false
  let spare: WeakRef<Buffer> | undefined

  function render (rest = ''): Buffer {
    catalogue.refresh()
    const old = last?.deref()
    const target = new TextBuffer(takeSpare())
    let runFrom = 0
    let runTo = 0

    const endRun = () => { if (old !== undefined && runTo > runFrom) target.copy(old, runFrom, runTo) }

    for (const { pieces, write } of writers) {
      for (const piece of pieces()) {
        const seen = markOf(piece)
        if (seen === piece.seen && old !== undefined) {
          const offset = piece.offset
          piece.offset = target.length + (runTo - runFrom)
          if (offset !== runTo) {
            endRun()
            runFrom = offset
          }
          runTo = offset + piece.length
        } else {
          endRun()
          runFrom = runTo = -1
          piece.offset = target.length
          target.write(write(piece))
          piece.length = target.length - piece.offset
          piece.seen = seen
        }
      }
    }
    endRun()
    target.write(rest)

    const text = target.finish()
    if (old !== undefined && lastIsFree) keep(old)
    last = text.length <= mostHeld ? { deref: () => text } : new WeakRef(text)
    lastIsFree = false
    return text
  }

  function takeSpare (): Buffer | undefined {
    const bytes = spare?.deref()
    spare = undefined
    return bytes
  }

  function keep (text: Buffer) {
    spare = new WeakRef(Buffer.from(text.buffer))
  }

  // The next text is copied from the last one, whose memory is therefore free only after that.
  function recycle (text: Buffer) {
    if (text === last?.deref()) lastIsFree = true
    else keep(text)
  }

  return { render, recycle }
}

// By which a reader sees that a cell has changed.
function markOf ({ cell, more }: Piece): number {
  let mark = cell === undefined ? 0 : countOrValue(cell)
  if (more !== undefined) for (const cell of more) mark += countOrValue(cell)
  return mark
}

function countOrValue (cell: Cell): number {
  return cell instanceof ValueCell ? cell.value : cell.count
}

function createWriter (catalogue: Catalogue, family: Family): Writer {
  const header = newPiece('')
  const headerText = `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`
  const writeSeries = family.type === 'histogram' ? histogramWriter(family) : numberWriter(family)
  const pieces: Piece[] = []
  const taken = family.of.map(() => 0)

  // Made when there are new series and not kept, for it would be a tenth of a series' memory.
  const piecesByLabels = () => new Map(pieces.slice(1).map(piece => [piece.labels, piece]))

  function add (byLabels: Map<string, Piece>, labels: Labels, cell?: Cell) {
    const text = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')
    let piece = byLabels.get(text)
    if (piece === undefined) {
      if (pieces.length === 0) pieces.push(header)
      pieces.push(piece = newPiece(text))
      byLabels.set(text, piece)
    }
    if (cell === undefined) return
    piece.seen = NaN
    if (piece.cell === undefined) piece.cell = cell
    else (piece.more ??= []).push(cell)
  }

  if (family.start !== undefined) {
    const byLabels = piecesByLabels()
    for (const labels of family.start) add(byLabels, labels)
  }

  // Series are only ever added to an instrument, so those taken already need no second look.
  function takeNew () {
    let byLabels: Map<string, Piece> | undefined
    family.of.forEach((name, index) => {
      const instrument = catalogue.instruments.get(name)
      if (instrument === undefined || instrument.series.length === taken[index]) return
      byLabels ??= piecesByLabels()
      for (const { labels: values, cell } of instrument.series.slice(taken[index])) {
        const all = Object.fromEntries(instrument.labelNames.map((label, place) => [label, values[place] as string]))
        const labels = family.labels === undefined ? all : family.labels(all, name)
        if (labels !== undefined) add(byLabels, labels, cell)
      }
      taken[index] = instrument.series.length
    })
  }

  return {
    pieces: () => {
      takeNew()
      return pieces
    },
    write: piece => piece === header ? headerText : writeSeries(piece)
  }
}

function newPiece (labels: string): Piece {
  return { labels, cell: undefined, more: undefined, seen: NaN, offset: 0, length: 0 }
}

function cellsOf ({ cell, more = [] }: Piece): Cell[] {
  return cell === undefined ? more : [cell, ...more]
}

function numberWriter ({ name, read = 'count' }: NumberFamily): (piece: Piece) => string {
  return piece => {
    const { labels } = piece
    let value = 0
    for (const cell of cellsOf(piece)) value += read === 'sum' && cell instanceof HistogramCell ? cell.sum : countOrValue(cell)
    return `${name}${labels === '' ? '' : `{${labels}}`} ${writeNumber(value)}\n`
  }
}

function histogramWriter ({ name, cut: { places, texts } }: HistogramFamily): (piece: Piece) => string {
  const bucket = `${name}_bucket{`
  const ends = texts.map(text => `le="${text}"} `)
  return piece => {
    const { labels } = piece
    const cells = cellsOf(piece) as HistogramCell[]
    const head = labels === '' ? bucket : `${bucket}${labels},`
    const tail = labels === '' ? ' ' : `{${labels}} `
    const parts: string[] = []
    let sum = 0
    let total = 0
    for (const cell of cells) {
      sum += cell.sum
      total += totalOf(cell)
    }
    let from = 0
    let below = 0
    for (let index = 0; index < places.length; index++) {
      const place = places[index] as number
      for (const cell of cells) for (let slot = from; slot <= place; slot++) below += cell.bucket(slot)
      from = place + 1
      parts.push(head, ends[index] as string, String(below), '\n')
    }
    parts.push(head, 'le="+Inf"} ', String(total), '\n', name, '_sum', tail, writeNumber(sum), '\n', name, '_count', tail, String(total), '\n')
    return parts.join('')
  }
}

// Read off the buckets, not the count: a reader in another thread may come between the two writes.
function totalOf (cell: HistogramCell): number {
  let total = 0
  for (let place = 0; place <= cell.grid.length; place++) total += cell.bucket(place)
  return total
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

function escapeHelp (value: string): string {
  return value.replace(/[\\\n]/g, found => found === '\n' ? '\\n' : '\\\\')
}
