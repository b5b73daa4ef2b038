import t from 'tap'
import { createClient } from '../../../src/postgres/client/client.js'
import { startPostgres } from '../../fixtures/postgres.js'

t.test('a COPY in a transaction whose stream its holder does not end', async t => {
  const { url } = await startPostgres(t)
  const sql = createClient({ url, poolSize: 1 })
  t.teardown(async () => { await sql.end({ timeout: 0 }) })
  await sql`create table copied (a int)`
  const failure = new Error('thrown')
  const usable = async () => (await sql`select 1 as one`)[0]?.['one']

  await t.test('rolls back with what its function throws, and gives the connection back', async t => {
    await t.rejects(sql.begin(async sql => {
      (await sql`copy copied from stdin`.writable()).write('1\n')
      throw failure
    }), failure)
    t.equal(await usable(), 1)
    await t.rejects(sql.begin(async sql => {
      await sql`insert into copied values (2)`
      await sql`copy (select generate_series(1, 1000000)) to stdout`.readable()
      throw failure
    }), failure)
    t.equal((await sql`select from copied`).length, 0)
  })

  await t.test('lets the transaction go on when a savepoint ends so', async t => {
    await sql.begin(async sql => {
      await t.rejects(sql.savepoint(async sql => {
        await sql`copy copied from stdin`.writable()
        throw failure
      }), failure)
      await sql`insert into copied values (3)`
    })
    t.equal((await sql`select from copied`).length, 1)
  })

  await t.test('refuses what would wait for it', async t => {
    await t.rejects(sql.begin(async sql => {
      await sql`copy copied from stdin`.writable()
      await sql`select 1`
    }), { code: 'COPY_IN_PROGRESS' })
    t.equal(await usable(), 1)
  })
})
