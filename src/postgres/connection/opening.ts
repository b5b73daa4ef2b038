import type { Socket } from 'node:net'
import postgres from 'postgres'
import { connectionClosed, connectTimeout, type Address } from '../errors.js'
import { handlerOf, type Handler, type Result, type Session } from '../query/driver.js'
import { onOneSocket } from './one-socket.js'
import { RefusedTypes } from './refused-types.js'
import { encrypt, isEncrypted, type Connect, type Encryption } from './socket.js'
import { Wire } from './wire.js'

export interface OpeningOptions {
  /** Options of postgres.js in the form that it has parsed them to, which it accepts as well. */
  driver: postgres.Sql['options']
  connect: Connect
  encryption: Encryption
  connectTimeoutSeconds: number
}

/** The connection that is opened: what has to be known of it, and what it is told. */
interface OpenedConnection {
  readonly address: Address
  readonly isLost: boolean
  readonly isAskingItself: boolean
  /** Called with each chunk that the server sends. */
  readonly heard: (chunk: Buffer) => void
  /** Called with the socket that is the connection's from then on: the plain one, then one that encrypts. */
  take: (socket: Socket) => void
  lose: (error?: Error) => void
}

/** What a connection executes statements by, once the driver has logged in. */
export interface LoggedIn {
  readonly wire: Wire
  readonly client: postgres.Sql
  readonly handler: Handler
  readonly session: Session | undefined
  /** To the first statement. */
  readonly answer: unknown
}

const ignore = () => {}

/** The opening of a connection: it connects, encrypts, has the driver log in, and asks a first statement. */
export class Opening {
  readonly #connection: OpenedConnection
  readonly #options: OpeningOptions
  #wire: Wire | undefined
  #refusedTypes: RefusedTypes | undefined
  /** Called with the error when the connection is lost meanwhile. */
  fail: (error: Error) => void = ignore

  constructor (connection: OpenedConnection, options: OpeningOptions) {
    this.#connection = connection
    this.#options = options
  }

  /** Resolves once the first statement has its answer. Rejects with the error, and then the connection is lost. */
  async open (first: string): Promise<LoggedIn> {
    const connection = this.#connection
    const { address } = connection
    const limitMs = this.#options.connectTimeoutSeconds * 1000
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        if (connection.isLost) return reject(connectionClosed(address))
        this.fail = reject
        if (limitMs > 0) timer = setTimeout(() => { connection.lose(connectTimeout(address, limitMs / 1000)) }, limitMs)
        this.#logIn(first).then(loggedIn => {
          if (!connection.isLost) resolve(loggedIn)
        // The function `socket` in the option `driver` may throw null.
        }, (error: unknown) => { connection.lose((error ?? new Error(String(error))) as Error) })
      })
    } finally {
      // Also when the connection is lost first: a timer would keep the process running.
      clearTimeout(timer)
    }
  }

  async #logIn (first: string): Promise<LoggedIn> {
    const { driver } = this.#options
    const connection = this.#connection
    const socket = await this.#connect()
    const wire = this.#wire = new Wire(socket, connection.address)
    const { fetch_types: fetchTypes } = driver as { fetch_types?: boolean }
    if (fetchTypes === true) this.#refusedTypes = new RefusedTypes()
    const client = postgres(onOneSocket(driver, wire, connection))
    // Never emitted by a socket that reads into our buffer (`onread`).
    socket.on('data', connection.heard)
    const handler = handlerOf(client)
    const answer = await client.unsafe(first)
    const [result = answer] = answer as unknown as Result[]
    const session = (answer as unknown as Result).state ?? result.state
    return { wire, client, handler, session, answer }
  }

  async #connect (): Promise<Socket> {
    const { connect, encryption } = this.#options
    const connection = this.#connection
    const { address } = connection
    const made = connect(address, isEncrypted(address, encryption) ? undefined : connection.heard)
    const plain = made instanceof Promise ? await made : made
    if (connection.isLost) {
      plain.on('error', ignore).destroy()
      return await new Promise(() => {})
    }
    connection.take(plain)
    if (plain.connecting) await new Promise<void>(resolve => { plain.once('connect', resolve) })
    const socket = await encrypt(plain, address, encryption)
    if (socket !== plain) connection.take(socket)
    return socket
  }

  /** Passes on to the driver what the server says while it logs in. */
  hear (chunk: Buffer): void {
    if (this.#refusedTypes !== undefined) this.#readLogin(this.#refusedTypes, chunk)
    if (!this.#connection.isLost) this.#wire?.deliver(chunk)
  }

  #readLogin (login: RefusedTypes, chunk: Buffer): void {
    const error = login.read(chunk)
    if (error !== undefined) this.#connection.lose(error)
    if (login.isDone) this.#refusedTypes = undefined
  }
}
