import { join } from 'node:path'
import t from 'tap'
import { alert, payload } from '../fixtures/alertmanager.js'
import { startService, temporaryDirectory } from '../fixtures/service.js'
import { runTool } from '../fixtures/tool.js'

// Longer than other tests, where several suites run at once.
t.setTimeout(400_000)

t.test('the embedded PostgreSQL is backed up while the service runs, and when it does not', async t => {
  const directory = await temporaryDirectory(t)
  const [first, second] = [join(directory, 'first'), join(directory, 'second')]
  const service = await startService(t, { DATA_DIR: first })
  const stored = await fetch(`${service.origin}/api/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload(['a', 'b'].map(instance => alert({ labels: { alertname: 'Down', instance } }))))
  })
  t.equal(stored.status, 200)
  const running = async () =>
    await runTool('backup', ['backup', join(directory, 'running.gz')], { DATA_DIR: first })
  t.strictSame(await running(), { code: 0, output: 'Backed up 2 alerts\n' })
  t.strictSame(
    await running(),
    { code: 1, output: `backup: ${join(directory, 'running.gz')} exists: give another name\n` }
  )
  await service.stop()
  t.match(
    await runTool('backup', ['backup', join(directory, 'stopped.gz')], { DATA_DIR: first }),
    { code: 0, output: /Backed up 2 alerts\n$/ }
  )
  t.match(
    await runTool('backup', ['restore', join(directory, 'stopped.gz')], { DATA_DIR: second }),
    { code: 0, output: /Restored 2 alerts\n$/ }
  )
  t.match(
    await runTool('backup', ['restore', join(directory, 'stopped.gz')], { DATA_DIR: second }),
    { code: 1, output: /restore: The journal is not empty: restore into a new database\n$/ }
  )
})

t.test('a wrong command shows what there is', async t => {
  t.match(await runTool('backup', ['backup'], {}), { code: 1, output: /npm run backup -- FILE/ })
  t.match(await runTool('backup', ['backup', '--help'], {}), { code: 0, output: /npm run restore -- FILE/ })
  t.match(
    await runTool('backup', ['backup', '-'], { DATABASE_URL: 'postgres://vitals@127.0.0.1:1/vitals' }),
    { code: 1, output: /^backup: No PostgreSQL answers at 127\.0\.0\.1:1 \(ECONNREFUSED\)/ }
  )
})
