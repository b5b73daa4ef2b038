// Loaded before each program that is measured: emitters and streams of some kinds beside those of HTTP, as any logger,
// driver or file brings them. While a process has at most four kinds, V8 takes a short way in each request's three
// emitters, which a service never sees: what is measured beside it would seem to cost 1,200 to 2,100 instructions more.
import { EventEmitter } from 'node:events'
import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream'

class Client extends EventEmitter {}

for (const Kind of [EventEmitter, Client, Readable, Writable, Duplex, Transform, PassThrough]) {
  for (let times = 0; times < 50; times++) new Kind().removeAllListeners()
}
