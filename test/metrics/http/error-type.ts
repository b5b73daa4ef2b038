import t from 'tap'
import { errorType } from '../../../src/metrics/http/error-type.js'

const failed = (code: unknown, name: unknown = 'Error') => Object.assign(new Error('no'), { code, name })

t.test('an error is told by its code, or else by its name', async t => {
  for (const code of ['E_NO', '57P01', 'P1001', 'ns:some.code-$1', 'e', 'E'.repeat(64)]) {
    t.equal(errorType(failed(code)), code)
  }
  for (const code of [undefined, null, 7, {}]) t.equal(errorType(failed(code, 'NotFound')), 'NotFound')
})

t.test('what may hold text of a client is neither: it would become a series for each', async t => {
  for (const text of ['', 'E_NO /things/1', '/things/1 E_NO', 'E_NO\n', 'Ä', 'E'.repeat(65)]) {
    t.equal(errorType(failed(text)), 'Error', text)
    t.equal(errorType(failed(undefined, text)), 'object', text)
  }
})

t.test('anything else that is thrown is told by its type', async t => {
  for (const [thrown, told] of [['E_NO', 'string'], [7, 'number'], [null, 'object'], [undefined, 'undefined']]) {
    t.equal(errorType(thrown), told)
  }
})
