import t from 'tap'
import { checkOptions } from '../../src/plugin/options.js'
import { allowed } from '../../src/plugin/words.js'

t.test('a range is said as people say it', async t => {
  for (const [range, words] of [
    [{}, 'a number'],
    [{ minimum: 0 }, 'a number, 0 or more'],
    [{ maximum: 5 }, 'a number, at most 5'],
    [{ minimum: 0, maximum: 5, unit: 'seconds' }, 'a number of seconds, from 0 to 5'],
    [{ exclusiveMinimum: 0 }, 'a number, above 0'],
    [{ exclusiveMinimum: 0, maximum: 5, unit: 'milliseconds' }, 'a number of milliseconds, above 0 and at most 5']
  ] as const) t.equal(allowed({ type: 'number', ...range }), words)
})

t.test('options that are no object are told as such', async t => {
  for (const [options, shown] of [['x', "'x'"], [5, '5'], [null, 'null'], [[], '[]']] as const) {
    t.throws(
      () => { checkOptions('metrics', { type: 'object', properties: { a: { type: 'string' } } }, options) },
      { message: `The options of metrics are ${shown}, but must be an object` }
    )
  }
})
