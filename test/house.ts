import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const namesIn = async (directory: string) =>
  (await readdir(join(root, directory), { recursive: true })).map(name => join(directory, name))
const names = await Promise.all(['src', 'plugins'].map(namesIn))
const files = names.flat().filter(name => /\.tsx?$/.test(name))
const imports = new Map(await Promise.all(files.map(async file => [file, await importsOf(file)] as const)))

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

t.test('imports go round in no circle, nor do those of types', async t => {
  const done = new Set<string>()
  const circles: string[] = []
  function follow (file: string, above: string[]): void {
    if (above.includes(file)) circles.push([...above.slice(above.indexOf(file)), file].join(' → '))
    else if (!done.has(file)) for (const { path } of imports.get(file) ?? []) follow(path, [...above, file])
    done.add(file)
  }
  for (const file of files) follow(file, [])
  t.strictSame(circles, [])
  const found = (from: string, to: string) => imports.get(from)?.find(({ path }) => path === to)
  t.match(found('src/server.ts', 'src/app.ts'), { isOfTypes: false }, 'it sees what is imported')
  t.match(found('src/metrics/cell.ts', 'src/metrics/memory.ts'), { isOfTypes: true }, 'and what only types are of')
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
