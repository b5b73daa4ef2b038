import { execFile } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { commandsOf, readGuides, root } from '../fixtures/guide.js'
import { temporaryDirectory } from '../fixtures/service.js'

const run = promisify(execFile)

t.test('what the guide tells to write beside the stack\'s own files is kept out of the repository', async t => {
  const cwd = await temporaryDirectory(t)
  await run('git', ['init', '--quiet'], { cwd })
  await copyFile(join(root, '.gitignore'), join(cwd, '.gitignore'))
  const isIgnored = async (path: string) =>
    await run('git', ['check-ignore', '--quiet', path], { cwd }).then(() => true, () => false)

  const guides = await readGuides()
  const copied = new Set(guides.flatMap(commandsOf).flatMap(command => /^cp \S+ (\S+)$/.exec(command)?.[1] ?? []))
  t.ok(copied.size > 0)
  for (const path of ['.env', 'docker-compose.override.yml', ...copied]) {
    t.ok(guides.every(({ text }) => text.includes(path)), `${path} is in the guide`)
    t.ok(await isIgnored(path), path)
  }
  for (const path of [
    'docker-compose.yml',
    'ops/alertmanager/alertmanager.yml',
    'ops/grafana/provisioning/alerting/alertmanager.yml.example'
  ]) t.notOk(await isIgnored(path), path)
})
