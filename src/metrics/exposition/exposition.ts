import type { Family } from '../family.js'
import type { CatalogueView } from '../catalogue-view.js'
import type { Format } from './format.js'
import { Layout, type Part } from './layout.js'
import { rowsOf, type Row, type Rows } from './rows.js'
import { TextBuffer } from './text-buffer.js'

/** Writes families in a text format. */
export interface Exposition {
  /** Renders the families. `rest`, which is in the format already, is appended to them. */
  render: (rest?: string) => Rendering
  /** To be called when nobody reads a text any more, so that a later one can use its memory. */
  recycle: (text: Buffer) => void
}

export interface Rendering {
  readonly text: Buffer
  /** Pieces that make up the text, in order. */
  readonly parts: readonly Part[]
}

/** What is remembered of a row, or of a header, from one rendering to the next. */
interface Place {
  /** The row's mark when it was written. */
  mark: number
  offset: number
  length: number
}

/** Bytes of text that are always kept from one rendering to the next. */
const mostHeld = 4 * 1024 * 1024

/**
 * Prepares families to be rendered. Only rows that have changed since the last rendering are written; the others are
 * copied from its text. Large texts are only held weakly, so that their memory can be collected between two scrapes.
 */
export function createExposition (catalogue: CatalogueView, families: readonly Family[], format: Format): Exposition {
  return createExpositionOf(families.map(family => rowsOf(catalogue, family)), format)
}

/** As `createExposition`, of rows that several formats share. */
export function createExpositionOf (all: readonly Rows[], format: Format): Exposition {
  const writers = all.map(rows => createWriter(rows, format))
  let last: { deref: () => Buffer | undefined } | undefined
  let lastIsFree = false
  let spare: WeakRef<Buffer> | undefined
  let parts: Part[] = []
  /** Places by whose end a part ends; those of the last rendering, as long as there are no more. */
  let ends: number[] = []
  let placed = 0
  let versions = 0

  function render (rest = ''): Rendering {
    const old = last?.deref()
    const target = new TextBuffer(takeSpare())
    const layout = new Layout(placed === countPlaces() ? ends : undefined, parts, () => ++versions)
    let runFrom = 0
    let runTo = 0

    const endRun = () => { if (old !== undefined && runTo > runFrom) target.copy(old, runFrom, runTo) }

    for (const { rows, places, mark, write } of writers) {
      for (let index = 0; index < places.length; index++) {
        const place = places[index] as Place
        const row = rows[index - 1]
        if (old !== undefined && mark(row) === place.mark) {
          const offset = place.offset
          place.offset = target.length + (runTo - runFrom)
          if (offset !== runTo) {
            endRun()
            runFrom = offset
          }
          runTo = offset + place.length
          layout.add(place.offset + place.length, false)
        } else {
          endRun()
          runFrom = runTo = -1
          place.offset = target.length
          place.mark = write(row, target)
          place.length = target.length - place.offset
          layout.add(target.length, true)
        }
      }
    }
    endRun()
    target.write(`${rest}${format.end}`)
    layout.finish(target.length)
    ;({ parts, ends, placed } = layout)

    const text = target.finish()
    if (old !== undefined && lastIsFree) keep(old)
    last = text.length <= mostHeld ? { deref: () => text } : new WeakRef(text)
    lastIsFree = false
    return { text, parts }
  }

  function countPlaces (): number {
    let count = 0
    for (const writer of writers) count += writer.take()
    return count
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

interface Writer {
  /** Takes what is new. Returns how many places there are. */
  take: () => number
  rows: readonly Row[]
  /** The header's, then those of the rows. */
  places: Place[]
  mark: (row: Row | undefined) => number
  /** Writes a row, or the header when there is none. Returns its mark. */
  write: (row: Row | undefined, target: TextBuffer) => number
}

function createWriter (rows: Rows, format: Format): Writer {
  const { family } = rows
  const header = format.header(family)
  const bounds = family.type === 'histogram' ? family.cut.texts.map(text => `le="${format.bound(text)}"} `) : []
  const writer: Writer = {
    rows: [],
    places: [],
    take: () => {
      const taken = writer.rows = rows.take()
      if (taken.length === 0) return 0
      while (writer.places.length <= taken.length) writer.places.push({ mark: NaN, offset: 0, length: 0 })
      return writer.places.length
    },
    mark: row => row === undefined ? 0 : rows.mark(row),
    write: (row, target) => {
      if (row === undefined) {
        target.write(header)
        return 0
      }
      const into: string[] = []
      const mark = rows.write(row, bounds, into)
      target.write(into.join(''))
      return mark
    }
  }
  return writer
}
