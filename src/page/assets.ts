import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { pageHeaders } from './headers.js'

export interface AssetsOptions {
  /** The directory of the files, each of which is there compressed with Brotli and gzip, too. */
  directory: string
}

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8'
}

/** The suffixes of compressed files, by encoding, the smallest first. */
const encodings = { br: '.br', gzip: '.gz' } as const

/** Serves the files of the page. Their names have a hash of their content, so browsers may keep them for ever. */
export async function serveAssets (app: FastifyInstance, { directory }: AssetsOptions): Promise<void> {
  const files = new Set((await readdir(directory)).filter(name => extname(name) in types))
  const route = { logLevel: 'warn' as const, config: { shed: false }, schema: { hide: true } }
  app.get<{ Params: { name: string } }>('/:name', route, async ({ headers, hostname, params: { name } }, reply) => {
    if (!files.has(name)) {
      reply.callNotFound()
      return reply
    }
    const encoding = encodingOf(headers['accept-encoding'])
    if (encoding !== undefined) reply.header('content-encoding', encoding)
    reply.headers({
      ...pageHeaders(hostname, null),
      vary: 'accept-encoding',
      'cache-control': 'public, max-age=31536000, immutable'
    })
    const content = await readFile(join(directory, encoding === undefined ? name : `${name}${encodings[encoding]}`))
    return await reply.type(types[extname(name)] as string).send(content)
  })
}

function encodingOf (accepted: string | string[] = ''): keyof typeof encodings | undefined {
  const names = String(accepted).toLowerCase()
    .split(',')
    .filter(each => !/;\s*q=0(\.0*)?\s*$/.test(each))
    .map(each => each.replace(/;.*/s, '').trim())
  return (['br', 'gzip'] as const).find(name => names.includes(name))
}
