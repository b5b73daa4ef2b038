import { isIP } from 'node:net'

/** Networks that Fastify knows by name. */
const named = ['loopback', 'linklocal', 'uniquelocal']

/** Whether a text is a comma-separated list of what Fastify takes for proxies, which it would refuse without a name. */
export function areProxies (text: string): boolean {
  return text.split(',').map(part => part.trim()).every(part => named.includes(part) || isNetwork(part))
}

function isNetwork (text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || more.length > 0) return false
  return bits === undefined || (/^[1-9]\d*$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
