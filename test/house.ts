import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const names = await Promise.all(
  ['src', 'plugins'].map(
    async directory => (await readdir(join(root, directory), { recursive: true })).map(name => join(directory, name))
  )
)
const files = names.flat().filter(name => /\.tsx?$/.test(name))
const imports = new Map(await Promise.all(files.map(async file => [file, await importsOf(file)] as const)))

/** The files whose values a file imports; types are gone when it runs. */
async function importsOf (file: string): Promise<string[]> {
  const { statements } = ts.createSourceFile(file, await readFile(join(root, file), 'utf8'), ts.ScriptTarget.Latest)
  return statements.flatMap(statement => {
    if (!ts.isImportDeclaration(statement) ||
      !ts.isStringLiteral(statement.moduleSpecifier) ||
      !statement.moduleSpecifier.text.startsWith('.')) return []
    const { importClause: clause } = statement
    const named = clause?.namedBindings
    const isOfTypes = clause !== undefined && (clause.isTypeOnly ||
      (clause.name === undefined &&
        named !== undefined &&
        ts.isNamedImports(named) &&
        named.elements.every(({ isTypeOnly }) => isTypeOnly)))
    const path = join(dirname(file), statement.moduleSpecifier.text.replace(/\.js$/, ''))
    return isOfTypes ? [] : [`${path}.ts`, `${path}.tsx`].filter(path => files.includes(path))
  })
}

t.test('imports go round in no circle', async t => {
  const done = new Set<string>()
  const circles: string[] = []
  function follow (file: string, path: string[]): void {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    else if (!done.has(file)) for (const next of imports.get(file) ?? []) follow(next, [...path, file])
    done.add(file)
  }
  for (const file of files) follow(file, [])
  t.strictSame(circles, [])
  t.ok(imports.get('src/server.ts')?.includes('src/app.ts'), 'it sees what is imported')
})

t.test('imports go one way: no core knows the app or a plugin, and no plugin another', async t => {
  const composing = ['src/server.ts', 'src/app.ts']
  for (const [file, to] of imports) {
    // Programs compose, too.
    if (composing.includes(file) || /^src\/tools\/\w+\/main\.ts$/.test(file)) continue
    t.strictSame(to.filter(each => composing.includes(each) || each.startsWith('plugins/')), [], file)
  }
})
