import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { numbersOf } from '../../fixtures/exposition.js'
import { measured, scrape } from '../../fixtures/http.js'
import { until } from '../../fixtures/until.js'

async function reading (t: Test) {
  const app = await measured(t)
  return async () => {
    const families = await scrape(app)
    return (name: string) => numbersOf(families.get(name))['[]'] as number
  }
}

function kibibytes (field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}

const openFiles = () => readdirSync('/proc/self/fd').length - 1
const onLinux = { skip: process.platform !== 'linux' && 'only Linux tells it' }

t.test('what the process has used of processors, and when it started, is what Node.js says', async t => {
  const read = await reading(t)
  const before = process.cpuUsage()
  const told = await read()
  const after = process.cpuUsage()
  for (const mode of ['user', 'system'] as const) {
    const seconds = told(`process_cpu_${mode}_seconds_total`)
    t.ok(before[mode] / 1e6 <= seconds && seconds <= after[mode] / 1e6, `${mode}: ${seconds}`)
  }
  const all = told('process_cpu_seconds_total')
  t.ok((before.user + before.system) / 1e6 <= all && all <= (after.user + after.system) / 1e6, `both: ${all}`)
  const started = Date.now() / 1000 - process.uptime()
  t.ok(Math.abs(told('process_start_time_seconds') - started) <= 1, `${told('process_start_time_seconds')} s`)
})

t.test('its memory and its files are what the system says', onLinux, async t => {
  const read = await reading(t)
  const sizes = { VmRSS: 'process_resident', VmSize: 'process_virtual', VmData: 'process_heap' }
  for (const [field, name] of Object.entries(sizes)) {
    // What is collected or loaded meanwhile changes it.
    await until(`${name} to be ${field}`, async () => {
      const told = (await read())(`${name}_memory_bytes`.replace('heap_memory', 'heap'))
      return Math.abs(told / 1024 - kibibytes(field)) < kibibytes(field) / 20
    })
  }
  const limit = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
  t.equal((await read())('process_max_fds'), limit)
  await until('files to be counted', async () => (await read())('process_open_fds') === openFiles())
  const before = (await read())('process_open_fds')
  const files = Array.from({ length: 50 }, () => openSync('/dev/null', 'r'))
  await until('more of them', async () => (await read())('process_open_fds') === openFiles())
  t.ok((await read())('process_open_fds') - before > 40, 'they are told anew at each scrape')
  for (const file of files) closeSync(file)
})

t.test('another system than Linux tells of resident memory alone', async t => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor
  t.teardown(() => { Object.defineProperty(process, 'platform', platform) })
  Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' })
  const app = await measured(t)
  const families = await scrape(app)
  const resident = numbersOf(families.get('process_resident_memory_bytes'))['[]'] as number
  t.ok(Math.abs(resident - process.memoryUsage.rss()) < process.memoryUsage.rss() / 4, `${resident} bytes`)
  const left = ['process_virtual_memory_bytes', 'process_heap_bytes', 'process_open_fds', 'process_max_fds']
  t.strictSame(left.filter(name => families.get(name)?.samples.length), [])
})
