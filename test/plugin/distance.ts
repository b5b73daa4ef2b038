import fc from 'fast-check'
import t from 'tap'
import { distance } from '../../src/plugin/distance.js'

t.test('letters that are added, dropped, changed or swapped count one each', async t => {
  const all: Array<[string, string, number]> = [
    ['', '', 0],
    ['', 'ab', 2],
    ['port', 'port', 0],
    ['port', 'ports', 1],
    ['port', 'prt', 1],
    ['port', 'pord', 1],
    ['port', 'prot', 1],
    ['ca', 'abc', 3],
    ['METRICS_NAME', 'METRICS_NAMES', 1],
    ['LOG_LEVEL', 'LIVENESS_BLOCKED_MS', 15]
  ]
  for (const [one, other, steps] of all) {
    t.equal(distance(one, other), steps, `${one} and ${other}`)
    t.equal(distance(other, one), steps)
  }
})

t.test('what is more than the most is Infinity, and all else is as it is', async () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })
  fc.assert(fc.property(word, word, fc.nat(9), (one, other, most) => {
    const steps = distance(one, other)
    return distance(one, other, most) === (steps > most ? Infinity : steps)
  }))
})
