import type { Socket } from 'node:net'

const ignore = () => {}

/**
 * What the driver takes for its socket. Of what happens to the real one it hears nothing but what the server says, and
 * that from the connection: the end of a socket is the connection's to tell, and a driver that heard of it in the midst
 * of asking for array types would end the process with an unhandled rejection.
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

  /** Tells the driver what the server said. */
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

  removeAllListeners (): this {
    return this.removeListener('data')
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
