import t from 'tap'
import { codeOf, errorCode } from '../src/error-code.js'

const failure = (code: unknown) => Object.assign(new Error(), { code })

t.test('a code is text', async t => {
  t.equal(codeOf(failure('23505')), '23505')
  for (const error of [failure(1), failure(null), null, undefined, 'ECONNRESET']) t.equal(codeOf(error), undefined)
})

t.test('a label has only what may be a code', async t => {
  for (const code of ['08P', '23505', 'ECONNRESET', 'WRONG_SESSION_ATTRIBUTES', 'X'.repeat(40)]) {
    t.equal(errorCode(failure(code)), code)
  }
  for (const code of [undefined, 1, '', 'XX', 'X'.repeat(41), 'econnreset', 'E RR', 'hunter2 E23505', '23505 of x']) {
    t.equal(errorCode(failure(code)), 'UNKNOWN', String(code))
  }
  for (const thrown of [null, undefined, 'ECONNRESET']) t.equal(errorCode(thrown), 'UNKNOWN')
})
