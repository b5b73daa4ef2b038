import type postgres from 'postgres'
import { clock } from '../../clock.js'
import { codeOf } from '../../error-code.js'
import type { Query, Result } from '../query/driver.js'
import { leaseOver, openSavepoint, rolledBack } from '../errors.js'
import { createQueryMethods, type QueryExecutor } from './query-methods.js'
import type { Lease } from '../pool/lease.js'

export type TransactionSql = postgres.TransactionSql
export type TransactionFunction = (sql: TransactionSql) => unknown

/** Leases connections for longer than one statement: a pool. */
export interface Lessor {
  lease: (place?: { stack?: string }) => Promise<Lease>
  refuse: (query: Query, error: unknown, askedAt?: number) => void
}

const failedTransaction = '25P02'
const ignore = () => {}

/** The state that a transaction shares with its savepoints. */
interface Transaction {
  readonly build: postgres.Sql
  readonly lease: Lease
  savepoints: number
  /** How many functions of savepoints have not returned yet. */
  open: number
  /** The name in PREPARE TRANSACTION, when it is to be prepared instead of committed. */
  preparedAs: string | undefined
  isOver: boolean
}

/**
 * Runs a function in a transaction on a connection of its own: committed when it returns, rolled back when it throws,
 * or when a statement failed, though its error was caught. Rejects with what went wrong, with `CONNECTION_CLOSED` as
 * soon as the connection is lost, and with `TRANSACTION_ROLLED_BACK` when the server answers COMMIT with ROLLBACK.
 */
export async function begin (
  build: postgres.Sql, pool: Lessor, options: string, run: TransactionFunction, place?: { stack?: string }
): Promise<unknown> {
  const askedAt = clock()
  const query = build.unsafe(`begin ${options.replace(/[^a-z ]/ig, '')}`) as unknown as Query
  let lease: Lease | undefined
  // Leased only when BEGIN is executed, so that queries asked before it go first.
  query.handler = query => {
    pool.lease(place).then(leased => {
      lease = leased
      leased.run(query, askedAt)
    }, error => { pool.refuse(query, error, askedAt) })
  }
  let transaction: Transaction | undefined
  try {
    // Executed at once, so that queries asked after it go later.
    query.catch(ignore)
    await query
    const leased = lease as unknown as Lease
    transaction = { build, lease: leased, savepoints: 0, open: 0, preparedAs: undefined, isOver: false }
    return await Promise.race([leased.untilLost(), runScope(transaction, run)])
  } finally {
    if (transaction !== undefined) transaction.isOver = true
    lease?.end('The transaction is over')
  }
}

/** @param name - of the savepoint; the transaction itself when not given */
async function runScope (transaction: Transaction, run: TransactionFunction, name?: string): Promise<unknown> {
  const { lease, build } = transaction
  let failure: { error: unknown } | undefined
  let isOver = false
  const control = async (text: string) => await ask(build, lease, text)
  const executor: QueryExecutor = {
    run: query => {
      // As with the driver, a statement that fails without being awaited fails the transaction, and does not end the
      // process.
      query.catch(error => { failure ??= { error } })
      if (isOver || transaction.isOver) {
        lease.refuse(
          query,
          leaseOver(`The ${name === undefined ? 'transaction' : 'savepoint'} is over`)
        )
      } else lease.run(query)
    },
    refuse: lease.refuse
  }
  const sql = Object.assign(createQueryMethods(build, executor), {
    savepoint: (...args: SavepointArguments) => savepoint(transaction, args),
    prepare: (name: string) => { transaction.preparedAs = name }
  }) as unknown as TransactionSql

  let result
  try {
    const returned = run(sql)
    result = await (Array.isArray(returned) ? Promise.all(returned) : returned)
    isOver = true
    if (name === undefined) {
      // Statements that the function asked without awaiting them belong to the transaction, too.
      await lease.settled()
      if (transaction.open > 0) throw openSavepoint()
    }
    if (failure !== undefined) throw failure.error
  } catch (error) {
    isOver = true
    lease.abandonCopy(error)
    if (name === undefined) transaction.isOver = true
    if (name === undefined || !transaction.isOver) {
      await control(name === undefined ? 'rollback' : `rollback to savepoint ${name}`).catch(ignore)
    }
    throw codeOf(error) === failedTransaction && failure !== undefined ? failure.error : error
  }
  if (name !== undefined) return result
  transaction.isOver = true
  const { preparedAs } = transaction
  const done = await control(
    preparedAs === undefined ? 'commit' : `prepare transaction '${preparedAs.replaceAll("'", "''")}'`
  )
  if (done.command === 'ROLLBACK') throw rolledBack(failure)
  return result
}

type SavepointArguments =
  [TransactionFunction] | [string | null | undefined, TransactionFunction] | [TemplateStringsArray, ...never[]]

function savepoint (transaction: Transaction, args: SavepointArguments): Promise<unknown> {
  const [first] = args
  // As the driver allows it: a tagged template is a savepoint of one statement.
  if (Array.isArray(first)) return savepoint(transaction, [sql => sql(...args as unknown as [TemplateStringsArray])])
  const [label, run] = (args.length === 1 ? [undefined, first] : args) as [string | undefined, TransactionFunction]
  const done = runSavepoint(transaction, label, run)
  done.catch(ignore)
  return done
}

async function runSavepoint (
  transaction: Transaction,
  label: string | undefined,
  run: TransactionFunction
): Promise<unknown> {
  const { build, lease } = transaction
  if (transaction.isOver) throw leaseOver('The transaction is over')
  const name = `"s${transaction.savepoints++}${label ? `_${label.replaceAll('"', '""')}` : ''}"`
  transaction.open++
  try {
    await ask(build, lease, `savepoint ${name}`)
    return await runScope(transaction, run, name)
  } finally {
    transaction.open--
  }
}

async function ask (build: postgres.Sql, lease: Lease, text: string): Promise<Result> {
  const query = build.unsafe(text) as unknown as Query
  query.handler = query => { lease.run(query) }
  return await query as Result
}
