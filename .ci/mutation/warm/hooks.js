// Loads a file of tests anew for each run, what it tests once for all runs, and keeps the PostgreSQL between them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHash } from 'node:crypto'

const kept = new URL('postgres.js', import.meta.url).href
const tap = new URL('tap.js', import.meta.url).href
const cache = join(process.cwd(), '.tap', 'instrumented')
// Until here, what a file imports is loaded: what runs from now on runs in each run.
const begin = 'globalThis.__stryker__.currentTestId = globalThis.fileRun.name;'

export async function resolve (specifier, context, next) {
  const run = /\?run=\d+$/.exec(context.parentURL ?? '')?.[0]
  if (specifier === 'tap' && run) return { url: tap + run, shortCircuit: true }
  const resolved = await next(specifier, context)
  if (!resolved.url.endsWith('/test/fixtures/postgres.ts') || context.parentURL === kept) return resolved
  return { ...resolved, url: kept }
}

export async function load (url, context, next) {
  const run = /\?run=\d+$/.exec(url)?.[0]
  if (url.endsWith('.ts') && url.includes('/src/')) return await instrumented(url) ?? await next(url, context)
  if (!run || !url.includes('.ts')) return await next(url, context)
  const loaded = await next(url.slice(0, -run.length), context)
  return { ...loaded, source: begin + loaded.source }
}

/** Strips the types of what Stryker changed, and keeps it apart from what is kept of the project's own files. */
async function instrumented (url) {
  const source = readFileSync(fileURLToPath(url), 'utf8')
  if (!source.includes('stryMutAct_')) return undefined
  const file = join(cache, `${createHash('sha256').update(url + source).digest('hex')}.js`)
  if (!existsSync(file)) {
    const { transform } = await import('esbuild')
    const tsconfigRaw = { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true } }
    const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'node20', tsconfigRaw })
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, code)
  }
  return { format: 'module', source: readFileSync(file, 'utf8'), shortCircuit: true }
}
