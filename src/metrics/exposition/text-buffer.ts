const smallest = 16_384

/** A buffer that text is appended to, in UTF-8. It can be given the memory of an earlier text. */
export class TextBuffer {
  #bytes: Buffer
  #length = 0

  constructor (bytes: Buffer = Buffer.allocUnsafeSlow(smallest)) {
    this.#bytes = bytes
  }

  /** Bytes written. */
  get length (): number {
    return this.#length
  }

  write (text: string): void {
    this.#reserve(text.length * 3)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  copy (source: Buffer, from: number, to: number): void {
    this.#reserve(to - from)
    this.#length += source.copy(this.#bytes, this.#length, from, to)
  }

  /** Returns what was written, as a view: its `buffer` is the whole memory, for a later text. */
  finish (): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve (bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
