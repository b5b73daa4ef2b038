import type { WriteStream } from 'node:tty'

const width = 24

/**
 * Makes what shows, each second, how far the load is: one line that changes on a terminal, a line every five seconds
 * elsewhere.
 */
export function createProgress (output: Pick<WriteStream, 'write' | 'isTTY'>, seconds: number) {
  let [gone, all] = [0, 0]
  return {
    second (answers: number): void {
      all += answers
      gone++
      const done = Math.min(gone, seconds)
      const told = `${String(done).padStart(String(seconds).length)}/${seconds} s  ` +
        `${answers.toLocaleString('en')} requests/s, ${all.toLocaleString('en')} so far`
      const filled = Math.round(width * done / seconds)
      if (output.isTTY) output.write(`\r\x1b[K  ${'█'.repeat(filled)}${'░'.repeat(width - filled)}  ${told}`)
      else if (gone % 5 === 0 && gone <= seconds) output.write(`${told}\n`)
    },
    end (): void {
      if (output.isTTY) output.write('\r\x1b[K')
    }
  }
}
