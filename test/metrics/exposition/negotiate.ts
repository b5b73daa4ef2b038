import t from 'tap'
import { openMetrics, text004 } from '../../../src/metrics/exposition/format.js'
import { chooseFormat, choosesGzip } from '../../../src/metrics/exposition/negotiate.js'

const prometheus = {
  2.42: 'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,' +
    'text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
  3.5: 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,' +
    'application/openmetrics-text;version=0.0.1;q=0.5,' +
    'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
}
const protobuf = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7'

t.test('the format is the one that is accepted with the highest q', async t => {
  const cases: Array<[string | undefined, typeof text004]> = [
    [undefined, text004],
    ['', text004],
    ['*/*', text004],
    ['text/html,*/*;q=0.8', text004],
    [prometheus[2.42], openMetrics],
    [prometheus[3.5], openMetrics],
    [`${protobuf},${prometheus[3.5]}`, openMetrics],
    ['application/openmetrics-text', openMetrics],
    ['Application/OpenMetrics-Text; Version="1.0.0"; Charset=utf-8', openMetrics],
    ['application/openmetrics-text;version=0.0.1', text004],
    ['application/openmetrics-text;version=2.0.0', text004],
    ['application/openmetrics-text;q=0', text004],
    ['application/openmetrics-text;q=0.3,text/plain;q=0.4', text004],
    ['text/plain;q=0.3,application/openmetrics-text;q=0.4', openMetrics],
    ['text/plain,application/openmetrics-text', text004],
    ['text/plain;version=1.0.0,application/openmetrics-text;q=0.1', openMetrics],
    ['application/openmetrics-text;escaping=dots,text/plain;q=0.5', text004],
    ['application/openmetrics-text;escaping=underscores', openMetrics],
    ['application/openmetrics-text;q=2,text/plain;q=0.1', text004],
    ['application/openmetrics-text;escaping=values', openMetrics],
    ['application/openmetrics-text ; version = "1.0.0" ; q = 0.25,text/plain;q=0.2', openMetrics],
    ['application/openmetrics-text;q = 0.1,text/plain;q=0.2', text004],
    ['application/openmetrics-text;version=1."0.0"', text004],
    ['application/openmetrics-text;version="1.0."0', text004],
    ['application/openmetrics-text;q=1.000,text/plain;q=0.999', openMetrics],
    ['application/openmetrics-text;q=0.9999,text/plain;q=0.1', text004],
    ['application/openmetrics-text;q=10,text/plain;q=0.1', text004],
    ['text/plain;version=0.0.4,application/openmetrics-text;q=0.5', text004],
    ['text/*,application/openmetrics-text;q=0.5', text004],
    ['*/*,application/openmetrics-text;q=0.5', text004],
    ['text/html,application/openmetrics-text;q=0.5', openMetrics],
    [';;;,,q=', text004]
  ]
  for (const [accept, format] of cases) t.equal(chooseFormat({ accept }), format, String(accept))
})

t.test('gzip is chosen where it is accepted', async t => {
  for (const accepted of [
    'gzip',
    'deflate, GZIP;q=0.5',
    '*',
    'identity, *;q=0.1'
  ]) t.ok(choosesGzip({ acceptEncoding: accepted }), accepted)
  for (const not of [
    undefined,
    '',
    'identity',
    'br',
    'gzip;q=0',
    '*;q=0',
    'gzip;q=0, *'
  ]) t.notOk(choosesGzip({ acceptEncoding: not }), String(not))
})
