import t from 'tap'
import * as errors from '../../src/postgres/errors.js'

const tcp = { host: 'db.example', port: 5433 }
const unix = { host: 'localhost', port: 5432, path: '/run/postgresql/.s.PGSQL.5432' }
const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET' })

/** Each error, its code, and the sentence that a person reads. */
const told: Array<[Error, string, string]> = [
  [errors.connectionClosed(tcp), 'CONNECTION_CLOSED', 'The connection to db.example:5433 was closed'],
  [errors.connectionClosed(unix), 'CONNECTION_CLOSED', `The connection to ${unix.path} was closed`],
  [
    errors.leaseOver('The transaction is over'),
    'CONNECTION_CLOSED',
    'The transaction is over, so nothing more can be asked on its connection'
  ],
  [errors.connectTimeout(tcp, 5), 'CONNECT_TIMEOUT', 'No connection to db.example:5433 could be opened within 5 s'],
  [
    errors.tlsRefused(tcp),
    'TLS_NOT_SUPPORTED',
    'The server at db.example:5433 does not support TLS: ' +
      "if that is right, set the option tls: 'disable', or sslmode=disable in the URL, in place of what asks for it"
  ],
  [errors.notPostgres(tcp), 'NOT_POSTGRESQL', 'What answers at db.example:5433 is no PostgreSQL'],
  [
    errors.wrongSession(tcp, 'read-write'),
    'WRONG_SESSION_ATTRIBUTES',
    'The server at db.example:5433 is not read-write'
  ],
  [errors.connectionEnded(), 'CONNECTION_ENDED', 'The client has ended'],
  [errors.connectionDestroyed(), 'CONNECTION_DESTROYED', 'The client has ended before there was an answer'],
  [errors.acquireTimeout(100), 'ACQUIRE_TIMEOUT', 'No connection was free within 100 ms'],
  [
    errors.acquireTimeout(100, cause),
    'ACQUIRE_TIMEOUT',
    'No connection was free within 100 ms; opening one failed with ECONNRESET'
  ],
  [errors.queryTimeout(200, false), 'QUERY_TIMEOUT', 'No answer within 200 ms'],
  [errors.queryTimeout(200, true), 'QUERY_TIMEOUT', 'No progress within 200 ms'],
  [errors.copyAbandoned(), 'COPY_ABANDONED', 'The stream of a COPY was destroyed before its end'],
  [errors.copyInProgress(), 'COPY_IN_PROGRESS', 'A COPY is under way on this connection: end its stream first'],
  [
    errors.unsafeTransaction(),
    'UNSAFE_TRANSACTION',
    'Only use sql.begin or sql.reserve for a transaction: what a plain query began has been rolled back'
  ],
  [
    errors.openSavepoint(),
    'UNSAFE_TRANSACTION',
    'A savepoint was still open when its transaction\'s function returned: await each savepoint'
  ],
  [
    errors.rolledBack(),
    'TRANSACTION_ROLLED_BACK',
    'The transaction was rolled back: PostgreSQL refused to commit it'
  ],
  [errors.permissionDenied('delete', 'alerts'), '42501', 'This user may not delete in the table alerts']
]

t.test('each error has the code that programs go by, and a sentence that says what was wrong', async t => {
  for (const [error, code, message] of told) t.match(error, { code, message }, code)
})

t.test('an error of a connection says where that goes to, as Node.js does', async t => {
  for (const make of [
    errors.connectionClosed,
    (address: errors.Address) => errors.connectTimeout(address, 5),
    errors.tlsRefused,
    errors.notPostgres,
    (address: errors.Address) => errors.wrongSession(address, 'read-write')
  ]) {
    t.strictSame({ ...make(tcp) }, { code: (make(tcp) as { code?: string }).code, address: tcp.host, port: tcp.port })
    t.strictSame({ ...make(unix) }, { code: (make(unix) as { code?: string }).code, address: unix.path })
  }
})

t.test('an error has the cause that is known, and otherwise none', async t => {
  for (const make of [
    (cause?: unknown) => errors.connectionClosed(tcp, cause),
    (cause?: unknown) => errors.acquireTimeout(1, cause),
    errors.rolledBack
  ]) {
    t.equal(make(cause).cause, cause)
    t.notOk('cause' in make())
  }
})

t.test('migrations that differ, or are to come, are told by their numbers and names', async t => {
  const [one, two] = [{ version: 1, name: 'alerts' }, { version: 2, name: 'labels' }]
  const newer = new errors.MigrationsDiffer(two, undefined)
  t.equal(newer.reason, 'database_newer')
  t.equal(newer.message, 'The database is newer than this version of the service: it has had migration 2, labels, ' +
    'which is not known here. Start the newer version, or restore a backup from before')
  const changed = new errors.MigrationsDiffer(one, { version: 1, name: 'alarms' })
  t.equal(changed.reason, 'migrations_changed')
  t.equal(changed.message, 'The database has had another migration 1 than this version has: alerts there, alarms ' +
    'here. A migration must not change once it was applied: restore its file')
  t.match(new errors.MigrationsDiffer(one, one).message, /: alerts there, alerts here, with another text\. /)
  t.match(new errors.PendingMigrations([one, two]), {
    message: 'not applied yet: 1 alerts, 2 labels',
    reason: 'migrations_pending',
    logLevel: 'info'
  })
})
