import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import t from 'tap'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const namesIn = async (directory: string) =>
  (await readdir(join(root, directory), { recursive: true })).map(name => join(directory, name))
const names = await Promise.all(['src', 'plugins'].map(namesIn))
const files = names.flat().filter(name => /\.tsx?$/.test(name))
const imports = new Map(await Promise.all(files.map(async file => [file, await importsOf(file)] as const)))

t.test('lint sees each file of the project, and that none has a line over 120 columns', async t => {
  const elsewhere = /^(node_modules|dist|\.git|\.data|\.tap|\.bench|\.stryker-tmp)$/
  const eslint = new ESLint({ cwd: root })
  const places = (await readdir(root, { withFileTypes: true })).filter(({ name }) => !elsewhere.test(name))
  const found = places.map(async place => place.isDirectory() ? await namesIn(place.name) : [place.name])
  const paths = (await Promise.all(found)).flat().filter(path => /\.[cm]?[jt]sx?$/.test(path))
  for (const folder of ['src', 'plugins', 'test', 'ops', '.ci']) {
    t.ok(paths.some(path => path.startsWith(`${folder}/`)), folder)
  }
  for (const path of paths) {
    const config = await eslint.calculateConfigForFile(path) as { rules: Record<string, unknown> } | undefined
    t.match(config?.rules['@stylistic/max-len'], [2, { code: 120 }], path)
  }
})

t.test('nor has a shell script, which lint does not see', async t => {
  const found = await Promise.all(['src', 'plugins', 'test', 'ops', '.ci'].map(async folder =>
    (await readdir(join(root, folder), { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())))
  const paths = found.flat().filter(({ name }) => /^[^.]+$|\.sh$/.test(name))
    .map(({ parentPath, name }) => join(parentPath, name))
  const texts = await Promise.all(paths.map(async path => [path, await readFile(path, 'utf8')] as const))
  const scripts = texts.filter(([, text]) => /^#!.*sh\n/.test(text))
  t.ok(scripts.some(([path]) => path.endsWith('.ci/run')))
  for (const [path, text] of scripts) {
    t.strictSame(text.split('\n').filter(line => line.length > 120), [], relative(root, path))
  }
})

t.test('nor has a style or a configuration, but for what is made by a program or expected word by word', async t => {
  const others = /^ops\/(kubernetes\/prometheusrule\.yaml|prometheus\/tests\/.*)$/
  const found = (await Promise.all(['src', 'ops'].map(namesIn))).flat()
  const paths = ['docker-compose.yml', ...found].filter(path => /\.(css|ya?ml)$/.test(path) && !others.test(path))
  for (const path of paths) {
    const lines = (await readFile(join(root, path), 'utf8')).split('\n')
    t.strictSame(lines.filter(line => line.length > 120 && !/^ *runbook_url: /.test(line)), [], path)
  }
})

/** The files that a file imports, or only types of, which are gone when it runs. */
async function importsOf (file: string): Promise<Array<{ path: string, isOfTypes: boolean }>> {
  const { statements } = ts.createSourceFile(file, await readFile(join(root, file), 'utf8'), ts.ScriptTarget.Latest)
  return statements.flatMap(statement => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return []
    const { moduleSpecifier } = statement
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return []
    const to = join(dirname(file), moduleSpecifier.text.replace(/\.js$/, ''))
    const path = [`${to}.ts`, `${to}.tsx`].find(path => files.includes(path))
    return path === undefined ? [] : [{ path, isOfTypes: isOfTypes(statement) }]
  })
}

function isOfTypes (statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly
  const { importClause: clause } = statement
  if (clause === undefined) return false
  const { isTypeOnly, name, namedBindings: named } = clause
  return isTypeOnly || (name === undefined && named !== undefined && ts.isNamedImports(named) &&
    named.elements.every(({ isTypeOnly }) => isTypeOnly))
}

/** The circles in what imports what, each as a path. */
function circlesIn (arrows: ReadonlyMap<string, Iterable<string>>): string[] {
  const done = new Set<string>()
  const circles: string[] = []
  function follow (from: string, above: string[]): void {
    if (above.includes(from)) circles.push([...above.slice(above.indexOf(from)), from].join(' → '))
    else if (!done.has(from)) for (const to of arrows.get(from) ?? []) follow(to, [...above, from])
    done.add(from)
  }
  for (const from of arrows.keys()) follow(from, [])
  return circles
}

t.test('imports go round in no circle, nor do those of types', async t => {
  t.strictSame(circlesIn(new Map([...imports].map(([file, to]) => [file, to.map(({ path }) => path)]))), [])
  const found = (from: string, to: string) => imports.get(from)?.find(({ path }) => path === to)
  t.match(found('src/server.ts', 'src/app.ts'), { isOfTypes: false }, 'it sees what is imported')
  t.match(found('src/metrics/cell.ts', 'src/metrics/memory.ts'), { isOfTypes: true }, 'and what only types are of')
  t.strictSame(circlesIn(new Map([['a', ['b', 'd']], ['b', ['c']], ['c', ['a']]])), ['a → b → c → a'], 'and a circle')
})

t.test('nor do those between rooms: a folder imports none that imports it', async t => {
  for (const depth of [2, 3]) {
    const roomOf = (file: string) => file.split('/').slice(0, file.startsWith('src/') ? depth : 1).join('/')
    const arrows = new Map<string, Set<string>>()
    for (const [file, to] of imports) {
      const room = roomOf(file)
      const others = arrows.get(room) ?? new Set()
      for (const { path } of to) if (roomOf(path) !== room) others.add(roomOf(path))
      arrows.set(room, others)
    }
    t.ok(arrows.has(depth === 2 ? 'src/postgres' : 'src/postgres/pool'), 'it sees the rooms')
    t.strictSame(circlesIn(arrows), [])
  }
})

t.test('imports go one way: no core knows the app or a plugin, and no plugin another', async t => {
  const composing = ['src/server.ts', 'src/app.ts']
  for (const [file, to] of imports) {
    // Programs compose, too.
    if (composing.includes(file) || /^src\/tools\/\w+\/main\.ts$/.test(file)) continue
    const values = to.filter(({ isOfTypes }) => !isOfTypes).map(({ path }) => path)
    t.strictSame(values.filter(path => composing.includes(path) || path.startsWith('plugins/')), [], file)
  }
})

t.test('each mutant that is explained is one of code that there is, and the tests of each room are there', async t => {
  const read = async (name: string) => JSON.parse(await readFile(join(root, '.ci', 'mutation', name), 'utf8'))
  const explained = await read('explained.json') as Array<Record<'file' | 'at' | 'original', string>>
  for (const { file, at, original } of explained) {
    const lines = files.includes(file) ? (await readFile(join(root, file), 'utf8')).split('\n') : []
    const [first = ''] = original.split('\n')
    t.ok(lines.some((line, place) =>
      line.trim() === at && line.includes(first) && lines.slice(place).join('\n').includes(original)
    ), `${file}: ${original} in ${at}`)
  }
  const rooms = await read('rooms.json') as Record<string, string[]>
  const tests = await namesIn('test')
  t.strictSame(Object.values(rooms).flat().filter(name => !tests.includes(name)), [])
  t.strictSame(Object.keys(rooms).filter(room => !files.some(file => file.startsWith(`${room}/`))), [])
})
