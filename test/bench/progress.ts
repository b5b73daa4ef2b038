/** Tells on standard error how far the benchmark is. */
export class Progress {
  #title = ''
  #done = 0
  #steps = 0

  /** Begins a row that has so many steps. */
  begin (title: string, steps: number): void {
    this.#title = title
    this.#done = 0
    this.#steps = steps
  }

  /** Tells what is done now, which is one step. */
  step (what: string): void {
    const line = `${this.#title} ${String(++this.#done).padStart(String(this.#steps).length)}/${this.#steps}  ${what}`
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
  }

  /** Removes the line, so that something else can be written. */
  end (): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}
