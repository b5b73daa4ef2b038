import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/config.js'
import { withSecretFiles } from '../../src/config/secret-files.js'
import { startPostgres } from '../fixtures/postgres.js'
import { runService, startService, temporaryDirectory } from '../fixtures/service.js'

t.test('secrets are read from files, without the line break at their end', async t => {
  const directory = await temporaryDirectory(t)
  const files = {
    DATABASE_URL: 'postgres://vitals:p%20w@database/vitals\n',
    PGPASSWORD: ' p w \n',
    JOURNAL_TOKEN: 'one\r\n',
    MANAGEMENT_TOKEN: 'two'
  }
  const environment: Record<string, string> = { PORT: '9000' }
  for (const [name, text] of Object.entries(files)) {
    await writeFile(environment[`${name}_FILE`] = join(directory, name), text)
  }
  const read = withSecretFiles(environment)
  t.match(read, {
    PORT: '9000',
    DATABASE_URL: 'postgres://vitals:p%20w@database/vitals',
    PGPASSWORD: ' p w ',
    JOURNAL_TOKEN: 'one',
    MANAGEMENT_TOKEN: 'two'
  })
  t.match(loadConfig(read), { JOURNAL_TOKEN: 'one' })
})

t.test('a file that is missing, empty or beside its variable is an error that says so and no secret', async t => {
  const directory = await temporaryDirectory(t)
  const file = join(directory, 'secret')
  await writeFile(file, '\n')
  t.throws(
    () => withSecretFiles({ JOURNAL_TOKEN_FILE: file }),
    {
      message: `JOURNAL_TOKEN_FILE is ${JSON.stringify(file)}, ` +
        'but that file is empty: write the secret into it, or unset JOURNAL_TOKEN_FILE'
    }
  )
  t.throws(
    () => withSecretFiles({ JOURNAL_TOKEN_FILE: directory }),
    { message: /^JOURNAL_TOKEN_FILE is "[^"]+", but it is a directory: / }
  )
  t.throws(
    () => withSecretFiles({ DATABASE_URL_FILE: `${file}.gone` }),
    { message: /^DATABASE_URL_FILE is "[^"]+\.gone", but there is no such file: / }
  )
  await writeFile(file, 'hunter2')
  t.throws(
    () => withSecretFiles({ MANAGEMENT_TOKEN: 'hunter3', MANAGEMENT_TOKEN_FILE: file }),
    { message: 'MANAGEMENT_TOKEN and MANAGEMENT_TOKEN_FILE are both set: set one of them' }
  )
  t.strictSame(
    withSecretFiles({ JOURNAL_TOKEN_FILE: '' }),
    { JOURNAL_TOKEN_FILE: '' },
    'an empty variable counts as not set'
  )
})

t.test('the service starts with its secrets in files, and asks for the token', async t => {
  const { url } = await startPostgres(t)
  const directory = await temporaryDirectory(t)
  const [database, token] = [join(directory, 'database-url'), join(directory, 'token')]
  await writeFile(database, `${url}\n`)
  await writeFile(token, 'the-token\n')
  const { origin } = await startService(t, { DATABASE_URL_FILE: database, JOURNAL_TOKEN_FILE: token })
  const post = async (headers: Record<string, string>) =>
    (await fetch(`${origin}/api/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{}'
    })).status
  t.strictSame([await post({}), await post({ authorization: 'Bearer the-token' })], [401, 400])

  const { code, told } = await runService({ DATABASE_URL_FILE: `${database}.gone` })
  t.equal(code, 1)
  t.match(told, /DATABASE_URL_FILE is ".*\.gone", but there is no such file/)
})
