import { isIP } from 'node:net'

/** The networks that Fastify has names for. */
const named = ['loopback', 'linklocal', 'uniquelocal']

/**
 * Tells whether a text is a comma-separated list of addresses and networks as Fastify's `trustProxy` takes it. It is
 * checked here because Fastify's own error does not say which variable is wrong.
 */
export function areProxies (text: string): boolean {
  return text.split(',').map(part => part.trim()).every(part => named.includes(part) || isNetwork(part))
}

function isNetwork (text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || more.length > 0) return false
  return bits === undefined || (/^[1-9]\d*$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
