import { readEnvironment } from '../../config/environment.js'
import { chain } from './chain.js'
import { createContext } from './context.js'
import { help, readOptions, type Options } from './options.js'
import { createPrinter } from './printer.js'
import { run, type Finding } from './run.js'

try {
  const options = readOptions(process.argv.slice(2), readEnvironment())
  if (options === undefined) process.stdout.write(help)
  else process.exitCode = await examine(options) ? 0 : 1
} catch (error) {
  process.stderr.write(`doctor: ${(error as Error).message}\ndoctor: --help tells what can be set\n`)
  process.exitCode = 1
}

async function examine (options: Options): Promise<boolean> {
  const color = Boolean(process.stdout.isTTY) && !process.env['NO_COLOR']
  const printer = options.json ? undefined : createPrinter(process.stdout, chain, color)
  const context = createContext(options, what => { printer?.waiting(what) })
  const findings: Finding[] = []
  for await (const finding of run(chain, context, step => { printer?.begin(step) })) {
    findings.push(finding)
    printer?.found(finding)
  }
  const ok = findings.every(({ status }) => status !== 'failed')
  printer?.end(findings)
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, steps: findings }, null, 2)}\n`)
  return ok
}
