/** A part of a text. In two texts, parts of one version have the same bytes. */
export interface Part {
  /** Where it ends. */
  readonly to: number
  readonly version: number
}

/** The least bytes of a part: smaller ones compress badly, larger ones are compressed again too often. */
const leastPart = 16 * 1024

/** Divides a text into parts, at the same places as the text before where that has the same. */
export class Layout {
  readonly parts: Part[] = []
  readonly ends: number[] = []
  placed = 0
  readonly #known: readonly number[] | undefined
  readonly #before: readonly Part[]
  readonly #newVersion: () => number
  #from = 0
  #changed = false

  constructor (known: readonly number[] | undefined, before: readonly Part[], newVersion: () => number) {
    this.#known = known
    this.#before = before
    this.#newVersion = newVersion
  }

  add (to: number, changed: boolean): void {
    this.placed++
    this.#changed ||= changed
    const ends = this.#known === undefined
      ? to - this.#from >= leastPart
      : this.#known[this.ends.length] === this.placed
    if (!ends) return
    this.ends.push(this.placed)
    this.#close(to)
  }

  finish (to: number): void {
    this.#changed = true
    this.#close(to)
  }

  #close (to: number): void {
    const same = this.#known !== undefined && !this.#changed ? this.#before[this.parts.length] : undefined
    this.parts.push({ to, version: same?.version ?? this.#newVersion() })
    this.#from = to
    this.#changed = false
  }
}
