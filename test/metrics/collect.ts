import { setImmediate as turn } from 'node:timers/promises'
import prom from 'prom-client'
import t from 'tap'
import { Catalogue } from '../../src/metrics/catalogue.js'
import { collect } from '../../src/metrics/collect.js'
import { ServedRegistry } from '../../src/metrics/served-registry.js'

const well = '# HELP well Some.\n# TYPE well gauge\nwell 7\n'

function createRegister () {
  const register = new ServedRegistry([])
  const add = (name: string, collect?: () => void | Promise<void>) =>
    new prom.Gauge({ name, help: 'Some.', registers: [register], ...collect && { collect } })
  add('well').set(7)
  return { register, add, failed: new Catalogue().value('failed').cell() }
}

t.test('metrics that are collected too late are left out and counted once, though they come later', async t => {
  const { register, add, failed } = createRegister()
  const release: Array<() => void> = []
  for (const name of ['late', 'later']) {
    add(name, async () => { await new Promise<void>(resolve => { release.push(resolve) }) })
  }
  t.equal(await collect(register, failed), well)
  t.equal(failed.value, 2)
  for (const late of release) {
    late()
    await turn()
    t.equal(failed.value, 2)
  }
})

t.test('a metric that throws when it is collected is left out and counted', async t => {
  const { register, add, failed } = createRegister()
  add('broken', () => { throw new Error('broken') })
  t.equal(await collect(register, failed), well)
  t.equal(failed.value, 1)
})

t.test('a metric with a way of its own to be read has no more time than others', async t => {
  const { register, add, failed } = createRegister()
  add('own').get = async () => await new Promise(() => {})
  t.equal(await collect(register, failed), well)
  t.equal(failed.value, 1)
})

t.test('no timer is made where all is read at once', async t => {
  const { register, add, failed } = createRegister()
  t.equal(register.mayTakeTime, false)
  t.equal(await collect(register, failed), well)
  add('sometime', () => {})
  t.equal(register.mayTakeTime, true)
  t.match(await collect(register, failed), /^well 7\n.*\nsometime 0\n$/ms)
  t.equal(failed.value, 0)
})
