import type { Catalogue } from './catalogue.js'
import { firstBucket, type Cell } from './cell.js'
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
  readonly cells: Cell[]
  readonly write: (piece: Piece) => string
  readonly labels: string
  /** How many values its cells had recorded, or their value, when it was written. */
  seen: number
  offset: number
  length: number
}

/**
 * Prepares families for being written. Only series that have changed since the last rendering are written anew; the
 * others are copied from it. Texts are held weakly, so that between scrapes their memory is free to be used otherwise.
 */
export function createExposition (catalogue: Catalogue, families: readonly Family[]): Exposition {
  const writers = families.map(family => createWriter(catalogue, family))
  let last: WeakRef<Buffer> | undefined
  let lastIsFree = false
  let spare: WeakRef<Buffer> | undefined

  function render (rest = ''): Buffer {
    catalogue.refresh()
    const old = last?.deref()
    const target = new TextBuffer(takeSpare())
    let runFrom = 0
    let runTo = 0

    const endRun = () => { if (old !== undefined && runTo > runFrom) target.copy(old, runFrom, runTo) }

    for (const pieces of writers) {
      for (const piece of pieces()) {
        let seen = 0
        for (const { slots } of piece.cells) seen += slots[0] as number
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
          target.write(piece.write(piece))
          piece.length = target.length - piece.offset
          piece.seen = seen
        }
      }
    }
    endRun()
    target.write(rest)

    const text = target.finish()
    if (old !== undefined && lastIsFree) keep(old)
    last = new WeakRef(text)
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

/** Returns a function that returns a family's pieces, as many as there are by then. */
function createWriter (catalogue: Catalogue, family: Family): () => readonly Piece[] {
  const header = `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`
  const write = family.type === 'histogram' ? histogramWriter(family) : numberWriter(family)
  const byLabels = new Map<string, Piece>()
  const pieces: Piece[] = []
  const taken = family.of.map(() => 0)

  function add (labels: Labels, cell?: Cell) {
    const text = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')
    const piece = byLabels.get(text)
    if (piece !== undefined) {
      if (cell !== undefined) piece.cells.push(cell)
      piece.seen = NaN
      return
    }
    if (pieces.length === 0) pieces.push(newPiece([], '', () => header))
    const made = newPiece(cell === undefined ? [] : [cell], text, write)
    pieces.push(made)
    byLabels.set(text, made)
  }

  for (const labels of family.start ?? []) add(labels)

  // Series are only ever added to an instrument, so those taken already need no second look.
  return () => {
    family.of.forEach((name, index) => {
      const instrument = catalogue.instruments.get(name)
      if (instrument === undefined) return
      for (const { labels: values, cell } of instrument.series.slice(taken[index])) {
        const all = Object.fromEntries(instrument.labelNames.map((label, place) => [label, values[place] as string]))
        const labels = family.labels === undefined ? all : family.labels(all, name)
        if (labels !== undefined) add(labels, cell)
      }
      taken[index] = instrument.series.length
    })
    return pieces
  }
}

function newPiece (cells: Cell[], labels: string, write: (piece: Piece) => string): Piece {
  return { cells, labels, write, seen: NaN, offset: 0, length: 0 }
}

function numberWriter ({ name, read = 'count' }: NumberFamily): (piece: Piece) => string {
  const slot = read === 'count' ? 0 : 1
  return ({ cells, labels }) => {
    let value = 0
    for (const { slots } of cells) value += slots[slot] as number
    return `${name}${labels === '' ? '' : `{${labels}}`} ${writeNumber(value)}\n`
  }
}

function histogramWriter ({ name, cut: { places, texts } }: HistogramFamily): (piece: Piece) => string {
  const bucket = `${name}_bucket{`
  const ends = texts.map(text => `le="${text}"} `)
  return ({ cells, labels }) => {
    const head = labels === '' ? bucket : `${bucket}${labels},`
    const tail = labels === '' ? ' ' : `{${labels}} `
    const parts: string[] = []
    let sum = 0
    let total = 0
    for (const cell of cells) {
      sum += cell.slots[1] as number
      total += countOf(cell)
    }
    let from = 0
    let below = 0
    for (let index = 0; index < places.length; index++) {
      const place = places[index] as number
      for (const { slots } of cells) for (let slot = from; slot <= place; slot++) below += slots[firstBucket + slot] as number
      from = place + 1
      parts.push(head, ends[index] as string, String(below), '\n')
    }
    parts.push(head, 'le="+Inf"} ', String(total), '\n', name, '_sum', tail, writeNumber(sum), '\n', name, '_count', tail, String(total), '\n')
    return parts.join('')
  }
}

// Read off the buckets, not the count slot: a reader in another thread may come between the two writes.
function countOf ({ slots }: Cell): number {
  let total = 0
  for (let slot = firstBucket; slot < slots.length; slot++) total += slots[slot] as number
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
