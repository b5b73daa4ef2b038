import type { ConnectionOptions } from 'node:tls'

/** Whether a value may have a secret in it, which a number or a word has not. */
export const isMoreThanAWord = (value: unknown) => typeof value === 'string'
  ? !/^[\w.-]{0,30}$/.test(value)
  : typeof value === 'object' && value !== null

const one = [{ type: 'string' }, { is: 'Uint8Array' }]
const inWords = 'a text, a Buffer, or a list of them'
/** Certificates, or keys, which may be objects with a passphrase, too. */
const pem = {
  anyOf: [
    ...one,
    { type: 'array', items: { anyOf: [...one, { type: 'object' }], allowed: 'a text or a Buffer', secret: true } }
  ],
  allowed: inWords,
  secret: true
}
const text = { type: 'string' }
const flag = { type: 'boolean' }
const fn = { is: 'function' }
const version = { enum: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] }
/** Node.js checks it, if it is ever used. */
const unchecked = {}

/** The options of `tls.connect`. */
const properties: Record<keyof ConnectionOptions, object> = {
  ca: pem,
  cert: pem,
  key: pem,
  pfx: pem,
  crl: pem,
  dhparam: pem,
  passphrase: { ...text, secret: true },
  rejectUnauthorized: flag,
  servername: text,
  checkServerIdentity: fn,
  ciphers: text,
  ecdhCurve: text,
  sigalgs: text,
  minVersion: version,
  maxVersion: version,
  secureProtocol: text,
  honorCipherOrder: flag,
  enableTrace: flag,
  requestCert: flag,
  allowPartialTrustChain: flag,
  pskCallback: fn,
  lookup: fn,
  ALPNCallback: fn,
  SNICallback: fn,
  ALPNProtocols: unchecked,
  clientCertEngine: unchecked,
  host: unchecked,
  minDHSize: unchecked,
  path: unchecked,
  port: unchecked,
  privateKeyEngine: unchecked,
  privateKeyIdentifier: unchecked,
  secureContext: unchecked,
  secureOptions: unchecked,
  session: unchecked,
  sessionIdContext: unchecked,
  sessionTimeout: unchecked,
  socket: unchecked,
  ticketKeys: unchecked,
  timeout: unchecked
}

/** Schema of the options of `tls.connect`; those of later versions of Node.js are taken, misspelt ones are not. */
export const tlsOptions = { type: 'object', properties, open: true }
