import type { Socket } from 'node:net'

const ignore = () => {}

/**
 * The socket that the driver is given. It passes on what the server says, and nothing else of the real socket: ends and
 * errors are handled by the connection. A driver that learns of them while it asks for array types would end the
 * process with an unhandled rejection.
 */
export class Wire {
  /** Shown in the driver's errors. */
  readonly host: string | undefined
  readonly port: number | undefined
  readonly #socket: Socket
  #hear: (chunk: Buffer) => void = ignore

  constructor (socket: Socket, { host, port }: { host: string, port: number }) {
    this.#socket = socket
    this.host = host
    this.port = port
  }

  /** Passes on what the server said. */
  deliver (chunk: Buffer): void {
    this.#hear(chunk)
  }

  get readyState (): string {
    return this.#socket.readyState
  }

  on (event: string, listener: (chunk: Buffer) => void): this {
    if (event === 'data') this.#hear = listener
    return this
  }

  once (event: string, listener: () => void): this {
    if (event === 'close') this.#socket.once('close', listener)
    return this
  }

  removeListener (event: string): this {
    if (event === 'data') this.#hear = ignore
    return this
  }

  write (chunk: Buffer, done?: () => void): boolean {
    return this.#socket.write(chunk, done)
  }

  end (chunk: Buffer): void {
    this.#socket.end(chunk)
  }

  destroy (): void {
    this.#socket.destroy()
  }

  pause (): void {
    this.#socket.pause()
  }

  resume (): void {
    this.#socket.resume()
  }

  setKeepAlive (enabled: boolean, milliseconds: number): void {
    this.#socket.setKeepAlive(enabled, milliseconds)
  }
}
