import { setImmediate as turn } from 'node:timers/promises'
import prom from 'prom-client'
import t from 'tap'
import { Catalogue } from '../../../src/metrics/catalogue.js'
import { createClientReader, createCollect } from '../../../src/metrics/prom-client/client-reader.js'
import { createGuard } from '../../../src/metrics/guard.js'
import { ServedRegistry } from '../../../src/metrics/prom-client/served-registry.js'
import { until } from '../../fixtures/until.js'

const well = '# HELP well Some.\n# TYPE well gauge\nwell 7\n'

function createRegister () {
  const register = new ServedRegistry([])
  const add = (name: string, collect?: () => void | Promise<void>) =>
    new prom.Gauge({ name, help: 'Some.', registers: [register], ...collect && { collect } })
  add('well').set(7)
  const failures = { count: 0, told: [] as string[] }
  const collect = createCollect(register, {
    count: metrics => { failures.count += metrics },
    tell: (metric, error) => { failures.told.push(`${metric}: ${(error as Error).message}`) }
  })
  return { register, add, collect, failures }
}

t.test('metrics that are collected too late are left out, told of once, and not asked until they ended', async t => {
  const { add, collect, failures } = createRegister()
  const release = new Map<string, () => void>()
  let asked = 0
  for (const name of ['late', 'later']) {
    add(name, async () => {
      asked++
      await new Promise<void>(resolve => { release.set(name, resolve) })
    })
  }
  t.equal(await collect(), well)
  t.equal(failures.count, 2)
  t.equal(asked, 2)
  t.equal(await collect(), well, 'at once')
  t.equal(failures.count, 4, 'left out again')
  t.equal(asked, 2, 'but not asked')
  const why = 'it has not ended within 1000 ms'
  t.strictSame(failures.told, [`late: ${why}`, `later: ${why}`])

  release.get('late')?.()
  await turn()
  t.equal(failures.count, 4)
  const text = collect()
  t.equal(asked, 3, 'the one that ended is asked again')
  release.get('late')?.()
  t.match(await text, /^well 7\n.*\nlate 0\n$/ms)
  t.equal(failures.count, 5)
  release.get('later')?.()
})

t.test('a metric that is late and then fails is asked again, and told of once', async t => {
  const { add, collect, failures } = createRegister()
  let fail = () => {}
  let asked = 0
  add('late', async () => {
    if (++asked === 1) await new Promise((_resolve, reject) => { fail = () => { reject(new Error('no database')) } })
  })
  t.equal(await collect(), well)
  fail()
  await turn()
  t.match(await collect(), /^well 7\n.*\nlate 0\n$/ms)
  t.equal(asked, 2)
  t.strictSame(failures, { count: 1, told: ['late: it has not ended within 1000 ms'] })
})

t.test('a metric that throws when collected is left out and counted, and told of once until it works', async t => {
  const { add, collect, failures } = createRegister()
  let isBroken = true
  add('broken', () => { if (isBroken) throw new Error('no database') })
  t.equal(await collect(), well)
  t.equal(await collect(), well)
  t.equal(failures.count, 2)
  t.strictSame(failures.told, ['broken: no database'])
  isBroken = false
  t.match(await collect(), /^broken 0$/m)
  isBroken = true
  t.equal(await collect(), well)
  t.equal(failures.count, 3)
  t.strictSame(failures.told, ['broken: no database', 'broken: no database'])
})

t.test('scrapes at one time share what is read', async t => {
  const { add, collect, failures } = createRegister()
  let asked = 0
  add('counted', async () => { asked++; await turn() })
  const [one, other] = await Promise.all([collect(), collect()])
  t.equal(one, other)
  t.equal(asked, 1)
  t.equal(failures.count, 0)
})

t.test('a metric with a way of its own to be read has no more time than others', async t => {
  const { add, collect, failures } = createRegister()
  add('own').get = async () => await new Promise(() => {})
  t.equal(await collect(), well)
  t.equal(failures.count, 1)
})

t.test('no timer is made where all is read at once', async t => {
  const { register, add, collect, failures } = createRegister()
  t.equal(register.mayTakeTime, false)
  t.equal(await collect(), well)
  add('sometime', () => {})
  t.equal(register.mayTakeTime, true)
  t.match(await collect(), /^well 7\n.*\nsometime 0\n$/ms)
  t.equal(failures.count, 0)
})

function createReader (register = new ServedRegistry([])) {
  const catalogue = new Catalogue()
  return { register, catalogue, read: createClientReader(catalogue, register, createGuard(catalogue), { warn () {} }) }
}

t.test('what is not recorded as it happens is told again for a second, however many scrape', async t => {
  const { catalogue, read } = createReader()
  let refreshed = 0
  catalogue.onRefresh(() => { refreshed++ })
  const began = performance.now()
  for (let count = 0; count < 1000; count++) read()
  const most = 1 + Math.floor((performance.now() - began) / 1000)
  t.ok(refreshed >= 1 && refreshed <= most, `${refreshed} times, at most ${most}`)
  const before = refreshed
  await until('it to be read anew', () => {
    read()
    return refreshed > before
  })
})

t.test('scrapes need the main thread once prom-client has a metric', async t => {
  const { register, catalogue, read } = createReader()
  t.equal(read(), '')
  t.equal(catalogue.mainNeeded.is, false)
  const options = { name: 'well', help: 'Some.', registers: [register] }
  new prom.Gauge(options).set(7)
  t.equal(catalogue.mainNeeded.is, true)
  t.equal(await read(), well)

  const before = new ServedRegistry([])
  new prom.Gauge({ ...options, registers: [before] }).set(7)
  t.equal(createReader(before).catalogue.mainNeeded.is, true, 'also where it had it before')
})
