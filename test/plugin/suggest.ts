import t from 'tap'
import { closest } from '../../src/plugin/suggest.js'

t.test('it finds the word that was meant', async t => {
  const words = ['maxSeries', 'names', 'bodySizes', 'version', 'METRICS_NAMES', 'PORT']
  for (const [word, meant] of [
    ['maxSerie', 'maxSeries'], [
      'MAXSERIES',
      'maxSeries'
    ], ['series', 'maxSeries'], ['nmaes', 'names'], ['bodysize', 'bodySizes'],
    ['METRICS_NAME', 'METRICS_NAMES'], ['PROT', 'PORT']
  ] as const) t.equal(closest(word, words), meant, word)
  for (const word of ['colour', 'x', '', 'timeout']) t.equal(closest(word, words), undefined, word)
})
