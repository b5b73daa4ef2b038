import { once } from 'node:events'
import { createServer } from 'node:net'
import { explainListen } from './startup-failure.js'

/**
 * Listens on an address for a moment. Throws an Error of one sentence when that is not possible.
 * @param prefix - of the variables that set the address, such as `MANAGEMENT_`
 */
export async function assertCanListen (address: { host: string, port: number }, prefix = ''): Promise<void> {
  const server = createServer().listen(address)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new Error(explainListen(error, address, prefix))
  }
  server.close()
  await once(server, 'close')
}
