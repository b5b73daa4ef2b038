import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
// Without what an earlier run has kept, each takes half a minute of a processor to itself.
t.setTimeout(1_600_000)

const cwd = fileURLToPath(new URL('..', import.meta.url))

for (const script of ['lint', 'types']) {
  t.test(`npm run ${script} has nothing to say`, async t => {
    const { code = 0, stdout, stderr } = await run('npm', ['run', '--silent', script], { cwd }).catch(failed => failed)
    t.strictSame({ code, told: `${stdout}${stderr}` }, { code: 0, told: '' })
  })
}
