import t from 'tap'
import { RefusedTypes } from '../../../src/postgres/connection/refused-types.js'
import {
  busy,
  failedTransaction,
  idle,
  inTransaction,
  statusAfter
} from '../../../src/postgres/connection/server-status.js'

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

t.test('an error between the first ReadyForQuery and the second is told with all that the server says', async t => {
  const fields = 'SFEHLER\0VERROR\0C42501\0Mno ä\0Dwhy\0Hwhat to do\0P7\0Racl\0\0'
  const refusal = Buffer.concat([Buffer.from([69, 0, 0, 0, 4 + Buffer.byteLength(fields)]), Buffer.from(fields)])
  const told = {
    severity_local: 'FEHLER',
    severity: 'ERROR',
    code: '42501',
    message: 'no ä',
    detail: 'why',
    hint: 'what to do',
    routine: 'acl'
  }
  const login = Buffer.concat([before, refusal, ready('I')])
  for (const size of [1, 5, 1000]) {
    const types = new RefusedTypes()
    const read = (bytes: Buffer) => {
      let error: Error | undefined
      for (let at = 0; at < bytes.length; at += size) error ??= types.read(bytes.subarray(at, at + size))
      return error
    }
    t.equal(read(login), undefined, 'of an error before, the driver tells')
    t.equal(read(before), undefined)
    t.notOk(types.isDone)
    const error = read(refusal)
    t.match(error, told, `in pieces of ${size}`)
    t.notOk(error !== undefined && 'undefined' in error, 'other fields are left out')
  }
  const types = new RefusedTypes()
  t.equal(types.read(Buffer.concat([login, before, ready('I')])), undefined)
  t.ok(types.isDone)
})
