import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readServices } from '../fixtures/compose.js'
import { root } from '../fixtures/guide.js'

t.test('each container of the stack has a read-only file system and no rights that it does not need', async t => {
  const services = await readServices()
  t.ok('app' in services && 'postgres' in services)
  for (const [name, service] of Object.entries(services)) {
    t.match(service, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] }, name)
    // To give its data to its own user, as whom it then runs.
    t.strictSame(
      (service as { cap_add?: string[] }).cap_add,
      name === 'postgres' ? ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'] : undefined,
      name
    )
  }
})

t.test('the images run as a user without rights', async t => {
  const stages = (await readFile(join(root, 'Dockerfile'), 'utf8')).split(/^FROM /m).slice(1)
  for (const stage of stages.filter(stage => stage.includes('ENTRYPOINT'))) {
    t.match(stage, /^USER node$/m, stage.split('\n')[0] ?? '')
  }
  t.equal(stages.filter(stage => stage.includes('ENTRYPOINT')).length, 2)
})
