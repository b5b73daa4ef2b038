import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { cancelledSession, cancelRequest, sendCancel } from '../../../src/postgres/connection/socket.js'

t.test('a request to cancel names a session', async t => {
  for (const session of [{ pid: 7, secret: 2 ** 31 - 1 }, { pid: 2 ** 31 - 1, secret: -7 }, { pid: 1, secret: 0 }]) {
    t.strictSame(cancelledSession(cancelRequest(session)), session)
  }
  t.match(cancelledSession(cancelRequest({ pid: 1, secret: 2 ** 32 - 1 })), { secret: -1 }, 'of 32 bits')
})

t.test('it is sent to a server that takes it, does not answer, or is not there', async t => {
  const heard: Socket[] = []
  const server = createServer(socket => { heard.push(socket) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.teardown(() => {
    for (const socket of heard) socket.destroy()
    server.close()
  })
  const message = cancelRequest({ pid: 7, secret: 8 })

  const taken = sendCancel(connect(port, '127.0.0.1'), message)
  const [socket] = await once(server, 'connection') as [Socket]
  const [received] = await once(socket, 'data')
  t.strictSame(received, message)
  socket.end()
  await taken

  const unanswered = sendCancel(Promise.resolve(connect(port, '127.0.0.1')), message, 0.05)
  const [silent] = await once(server, 'connection') as [Socket]
  silent.resume()
  const closed = once(silent, 'close')
  await unanswered
  await closed

  server.close()
  await sendCancel(connect(1, '127.0.0.1'), message)
})
