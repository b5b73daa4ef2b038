import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { notPostgres, tlsRefused, type Address } from '../errors.js'
import { readInto } from './read-buffer.js'

/** How connections are encrypted: postgres.js' options `ssl` and `sslnegotiation`. */
export interface Encryption {
  ssl: boolean | 'require' | 'allow' | 'prefer' | 'verify-full' | ConnectionOptions
  /** `direct` begins TLS at once, as PostgreSQL 17 and later can. */
  negotiation: string | null
}

// https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest, CancelRequest, Terminate
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const cancelCode = 80_877_102
const terminateMessage = Buffer.from([0x58, 0, 0, 0, 4])
/** With these, TLS is used whoever signed the server's certificate. */
const unverified = new Set<unknown>(['require', 'allow', 'prefer'])
// The server's answers to SSLRequest.
const accepted = 'S'.charCodeAt(0)
const refused = 'N'.charCodeAt(0)

const ignore = () => {}

/**
 * Makes a socket to an address, connected or connecting.
 * @param hear - called with each chunk that is read, when the socket can read without events; otherwise it emits `data`
 */
export type Connect = (address: Address, hear?: (chunk: Buffer) => void) => Socket | Promise<Socket>

/** Begins to connect. */
export function connect (address: Address, hear?: (chunk: Buffer) => void): Socket {
  const { host, port, path } = address
  const onread = hear && { onread: readInto(hear) }
  return connectTcp({ ...path === undefined ? { host, port, noDelay: true } : { path }, ...onread })
}

/** Whether TLS is used with an address: not with a Unix socket. */
export function isEncrypted ({ path }: Address, { ssl }: Encryption): boolean {
  return ssl !== false && path === undefined
}

/**
 * Negotiates TLS on a connected socket as `ssl` asks for, and resolves with the socket to go on with.
 * Rejects with what TLS found wrong, with code `TLS_NOT_SUPPORTED` when the server has none, and with `NOT_POSTGRESQL`
 * when it answers with anything else.
 */
export async function encrypt (socket: Socket, address: Address, encryption: Encryption): Promise<Socket> {
  if (!isEncrypted(address, encryption)) return socket
  const { ssl, negotiation } = encryption
  const direct = negotiation === 'direct'
  if (!direct) {
    socket.write(sslRequest)
    const [answer] = await once(socket, 'data') as [Buffer]
    // PostgreSQL answers with one byte. More means that it is no PostgreSQL, or that somebody in between has added
    // some.
    const said = answer.length === 1 ? answer[0] : undefined
    if (said === refused && ssl === 'prefer') return socket
    if (said === refused) throw tlsRefused(address)
    if (said !== accepted) throw notPostgres(address)
  }
  const secured = connectTls({
    socket,
    // The certificate is verified by the host; an IP address cannot be a `servername`.
    host: address.host,
    ...isIP(address.host) === 0 && { servername: address.host },
    ...direct && { ALPNProtocols: ['postgresql'] },
    ...typeof ssl === 'object' ? ssl : unverified.has(ssl) && { rejectUnauthorized: false }
  })
  await once(secured, 'secureConnect')
  return secured
}

/** Ends a session in order. Its socket is destroyed if the server has not closed it a second later. */
export function terminate (socket: Socket): void {
  silence(socket)
  socket.end(terminateMessage)
  const timer = setTimeout(() => { socket.destroy() }, 1000).unref()
  socket.once('close', () => { clearTimeout(timer) })
}

/** Destroys a socket, of which nobody hears any more. */
export function abandon (socket: Socket): void {
  silence(socket)
  socket.destroy()
}

function silence (socket: Socket): void {
  for (const event of ['data', 'drain', 'error', 'end', 'close']) socket.removeAllListeners(event)
  socket.on('error', ignore).resume()
}

/** Returns the session that a request to cancel names. */
export function cancelledSession (request: Buffer): { pid: number, secret: number } {
  return { pid: request.readInt32BE(8), secret: request.readInt32BE(12) }
}

/**
 * Returns the message that cancels what a session executes, to be sent on a connection of its own. The server takes a
 * wrong secret without a word, and cancels nothing.
 */
export function cancelRequest ({ pid, secret }: { pid: number, secret: number }): Buffer {
  const message = Buffer.alloc(16)
  message.writeInt32BE(16, 0)
  message.writeInt32BE(cancelCode, 4)
  message.writeInt32BE(pid | 0, 8)
  message.writeInt32BE(secret | 0, 12)
  return message
}

/**
 * Sends a request to cancel, and resolves when the server has taken it, or after some seconds. Rejects without a
 * socket.
 */
export async function sendCancel (made: Socket | Promise<Socket>, message: Buffer, seconds = 5): Promise<void> {
  const socket = made instanceof Promise ? await made : made
  await new Promise<void>(resolve => {
    const timer = setTimeout(() => { socket.destroy() }, seconds * 1000)
    socket.on('error', ignore)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    // The server closes the connection once it has sent the signal.
    socket.resume().write(message)
  })
}
