import t from 'tap'
import { busy, failedTransaction, idle, inTransaction, statusAfter } from '../../src/postgres/server-status.js'

const ready = (status: string) => Buffer.from([90, 0, 0, 0, 5, status.charCodeAt(0)])
const before = Buffer.from('C\0\0\0\rSELECT 1\0')

t.test('a server is ready when what it says ends with ReadyForQuery, whose last byte is its status', async t => {
  for (const [letter, status] of [['I', idle], ['T', inTransaction], ['E', failedTransaction]] as const) {
    t.equal(statusAfter(ready(letter)), status, letter)
    t.equal(statusAfter(Buffer.concat([before, ready(letter)])), status, letter)
    t.equal(status, letter.charCodeAt(0))
  }
})

t.test('it is busy while it has not said so', async t => {
  const whole = ready('I')
  for (let length = 0; length < whole.length; length++) {
    t.equal(statusAfter(whole.subarray(0, length)), busy, `${length} bytes`)
  }
  t.equal(statusAfter(Buffer.concat([whole, before])), busy)
  for (const [place, byte] of [[0, 89], [3, 1], [4, 4], [4, 6]] as const) {
    const other = Buffer.from(whole)
    other[place] = byte
    t.equal(statusAfter(other), busy, `byte ${place} is ${byte}`)
  }
  t.equal(statusAfter(whole.subarray(1)), busy, 'of which the first byte came before')
})
