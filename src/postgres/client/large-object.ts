import { Readable, Writable } from 'node:stream'
import type postgres from 'postgres'
import type { TransactionSql } from './transaction.js'

// libpq-fs.h: INV_WRITE | INV_READ
const readWrite = 0x00020000 | 0x00040000

/**
 * Opens a large object, or creates one, in a transaction of its own, which ends with `close()`. Rejects when it cannot
 * be opened; `close()` rejects when the transaction was undone.
 */
export async function openLargeObject (
  begin: (run: (sql: TransactionSql) => Promise<unknown>) => Promise<unknown>, oid?: number, mode = readWrite
): Promise<postgres.LargeObject> {
  return await new Promise((resolve, reject) => {
    const over = begin(async sql => {
      const id = oid ?? (await sql<Array<{ oid: number }>>`select lo_creat(-1) as oid`)[0]?.oid as number
      const [opened] = await sql<Array<{ fd: number }>>`select lo_open(${id}, ${mode}) as fd`
      const { promise, resolve: finish } = withResolvers()
      resolve(largeObject(sql, opened?.fd as number, async () => {
        finish()
        await over
      }))
      await promise
    })
    over.catch(reject)
  })
}

function withResolvers (): { promise: Promise<void>, resolve: () => void } {
  let tell = () => {}
  const promise = new Promise<void>(resolve => { tell = resolve })
  return { promise, resolve: () => { tell() } }
}

function largeObject (sql: TransactionSql, fd: number, finish: () => Promise<void>): postgres.LargeObject {
  const object = {
    close: async () => { await sql`select lo_close(${fd})`.then(finish, finish) },
    tell: async () => await sql`select lo_tell64(${fd})`,
    read: async (size: number) => await sql<Array<{ data: Buffer }>>`select loread(${fd}, ${size}) as data`,
    write: async (data: Uint8Array) => await sql`select lowrite(${fd}, ${data})`,
    truncate: async (size: number) => await sql`select lo_truncate64(${fd}, ${size})`,
    seek: async (offset: number, whence = 0) => await sql`select lo_lseek64(${fd}, ${offset}, ${whence})`,
    size: async () => await sql`
      select lo_lseek64(${fd}, location, 0) as position, seek.size
      from (select lo_lseek64($1, 0, 2) as size, tell.location from (select lo_tell64($1) as location) tell) seek`,

    async readable ({ highWaterMark = 16_384, start = 0, end = Infinity } = {}) {
      let left = end - start
      if (start > 0) await object.seek(start)
      return new Readable({
        highWaterMark,
        read (size) {
          const wanted = Math.min(size, left)
          left -= wanted
          object.read(wanted).then(([row]) => {
            const data = row?.data ?? Buffer.alloc(0)
            if (data.length > 0) this.push(data)
            if (data.length < size) this.push(null)
          }, error => { this.destroy(error as Error) })
        }
      })
    },

    async writable ({ highWaterMark = 16_384, start = 0 } = {}) {
      if (start > 0) await object.seek(start)
      return new Writable({
        highWaterMark,
        write (chunk: Uint8Array, _encoding, done) { object.write(chunk).then(() => { done() }, done) }
      })
    }
  }
  return object as unknown as postgres.LargeObject
}
