// Builds what browsers load, in dist/src/page: the script and its style, also compressed, and the runbook as HTML.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { renderRunbook } from './runbook.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const built = join(root, 'dist', 'src', 'page')
const assets = join(built, 'assets')

await rm(assets, { recursive: true, force: true })
await mkdir(assets, { recursive: true })

const { metafile, warnings } = await build({
  absWorkingDir: root,
  entryPoints: { page: 'src/page/client/main.tsx' },
  outdir: assets,
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome111', 'firefox114', 'safari16.4'],
  legalComments: 'none',
  tsconfig: 'src/page/client/tsconfig.json',
  metafile: true,
  logLevel: 'warning'
})
if (warnings.length > 0) throw new Error('The page cannot be built: mend what is warned of above')
const [script] = Object.keys(metafile.outputs).filter(path => path.endsWith('.js')).map(path => basename(path))
const [style] = Object.keys(metafile.outputs).filter(path => path.endsWith('.css')).map(path => basename(path))
const icon = await writeHashed('icon.svg', await readFile(new URL('client/icon.svg', import.meta.url), 'utf8'))
const notices = await writeHashed('notices.txt', await readNotices(Object.keys(metafile.inputs)))

for (const name of await readdir(assets)) {
  const content = await readFile(join(assets, name))
  await writeFile(join(assets, `${name}.gz`), gzipSync(content, { level: 9 }))
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  await writeFile(join(assets, `${name}.br`), brotliCompressSync(content, { params }))
}
await writeFile(join(built, 'runbook.html'), renderRunbook(await readFile(join(root, 'ops', 'runbook.md'), 'utf8')))
await writeFile(join(built, 'bundle.json'), JSON.stringify({ script, style, icon, notices }))

/** Writes a file with a hash of its content in its name, and returns that name. */
async function writeHashed (name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8).toUpperCase()
  const hashed = name.replace('.', `-${hash}.`)
  await writeFile(join(assets, hashed), content)
  return hashed
}

/** Returns the licences of the packages that these files are from. */
async function readNotices (inputs) {
  const names = new Set(inputs.flatMap(path => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []))
  const texts = [...names].sort().map(async name => {
    const directory = join(root, 'node_modules', name)
    const file = (await readdir(directory)).find(file => /^licen[cs]e/i.test(file))
    if (file === undefined) throw new Error(`${name}, which the page is made of, has no licence to hand on`)
    return `${name}\n\n${await readFile(join(directory, file), 'utf8')}`
  })
  return (await Promise.all(texts)).join('\n\n')
}
