import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { secretNames } from '../../src/config/secret-files.js'
import { root } from '../fixtures/guide.js'

const read = async (...path: string[]) => parse(await readFile(join(root, ...path), 'utf8'), { merge: true })

t.test('with ops/secrets.yml no secret is in a container\'s environment; each is mounted where it is read', async t => {
  const [{ services }, { services: over, secrets }] = [
    await read('docker-compose.yml'),
    await read('ops', 'secrets.yml')
  ]
  const used = new Set<string>()
  for (const [name, { environment = {}, entrypoint = [] }] of Object.entries<{
    environment?: Record<string, string>,
    entrypoint?: string[]
  }>(services)) {
    const secret = Object.keys(environment).filter(variable => /PASS|TOKEN/.test(variable) && name !== 'load')
    const {
      environment: files = {},
      secrets: mounted = []
    } = (over[name] ?? {}) as { environment?: Record<string, string>, secrets?: string[] }
    for (const each of mounted) used.add(each)
    for (const variable of secret) {
      const file = files[`${variable}_FILE`] ??
        files[`${variable}__FILE`] ??
        /cat (\S+) >/.exec(entrypoint.join(' '))?.[1]
      t.ok(mounted.some(each => file === `/run/secrets/${each}`), `${name}: ${variable} from ${file}`)
      if (files[`${variable}_FILE`] ?? files[`${variable}__FILE`]) {
        t.equal(files[variable], '', `${name}: ${variable} itself is empty`)
      }
    }
  }
  t.strictSame([...used].sort(), Object.keys(secrets).sort())
  t.strictSame(
    Object.keys(over.app.environment)
      .filter(name => name.endsWith('_FILE'))
      .map(name => name.slice(0, -5))
      .filter(name => !secretNames.some(each => each === name)),
    []
  )
})

t.test('what Prometheus and the journal\'s Alertmanager read is what their containers write at the start', async t => {
  const { services } = await read('docker-compose.yml')
  for (const [name, path] of [
    ['prometheus', ['ops', 'prometheus', 'prometheus.yml']],
    ['alertmanager-journal', ['ops', 'alertmanager', 'journal.yml']]
  ] as const) {
    const [, file] = /credentials_file: (\S+) /.exec(await readFile(join(root, ...path), 'utf8')) ?? []
    t.match(services[name].entrypoint.join(' '), `> ${file}`, name)
    t.strictSame(services[name].tmpfs, ['/tmp'], name)
  }
})
