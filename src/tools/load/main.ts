import { readEnvironment } from '../../config/environment.js'
import { compare, isEqual } from './compare.js'
import { drive } from './drive.js'
import { help, readOptions, type Options } from './options.js'
import { createProgress } from './progress.js'
import { report } from './report.js'
import { readCounts, readSettledCounts, tryOut } from './service.js'

try {
  const options = readOptions(process.argv.slice(2), readEnvironment())
  if (options === undefined) process.stdout.write(help)
  else process.exitCode = await load(options) ? 0 : 1
} catch (error) {
  process.stderr.write(`load: ${(error as Error).message}\nload: --help tells what can be set\n`)
  process.exitCode = 1
}

async function load ({ url, requests, ...options }: Options): Promise<boolean> {
  const stop = new AbortController()
  process.once('SIGINT', () => { stop.abort() })
  process.once('SIGTERM', () => { stop.abort() })
  await tryOut(url, requests)
  const before = await readCounts(url)

  const { seconds, connections, pipelining, rate } = options
  const how = [
    `for ${seconds} s on ${connections} connections`,
    ...pipelining > 1 ? [`${pipelining} requests at once on each`] : [],
    ...rate > 0 ? [`${rate} requests per second in all`] : []
  ]
  process.stdout.write(`Asking ${url.origin} ${how.join(', ')}. Ctrl-C ends it early.\n`)
  const progress = createProgress(process.stdout, seconds)
  const driven = await drive({ url, requests, ...options, signal: stop.signal, onSecond: progress.second })
  progress.end()
  process.stdout.write(`${driven.table}\n`)

  const lines = (ended: typeof before.ended) => compare(requests, driven.sent, before.ended, ended)
  const after = await readSettledCounts(url, ({ ended }) => isEqual(lines(ended)))
  const compared = lines(after.ended)
  process.stdout.write(report(compared, driven, !Object.is(after.started, before.started)))
  return isEqual(compared)
}
