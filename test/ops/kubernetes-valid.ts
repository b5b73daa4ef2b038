import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { compile } from '../fixtures/compile.js'
import { readManifests } from '../fixtures/manifests.js'
import { temporaryDirectory } from '../fixtures/service.js'

interface Manifest { apiVersion: string, kind: string }

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
const { kustomization: _, ...manifests } = await readManifests()

/** Changes that make a manifest one that Kubernetes refuses, or of which it ignores a part. */
const faults: Array<[string, string, string]> = [
  ['deployment', '"periodSeconds":', '"periodSecond":'],
  ['deployment', '"seconds":5', '"seconds":"5"'],
  ['deployment', '"readOnlyRootFilesystem":', '"readOnlyRootFileSystem":'],
  ['deployment', '"memory":"512Mi"', '"memory":"512 MB"'],
  ['deployment', '"selector":', '"selectors":'],
  ['horizontalpodautoscaler', '"autoscaling/v2"', '"autoscaling/v1"'],
  ['poddisruptionbudget', '"AlwaysAllow"', '"Always"'],
  ['servicemonitor', '"interval":"15s"', '"interval":"15 s"'],
  ['servicemonitor', '"relabelings":', '"relabelling":']
]

/** The module of kubernetes-models that has a kind's published schema, compiled, and its type. */
function moduleOf ({ apiVersion, kind }: Manifest): string {
  const packageName = apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models'
  return `${packageName}/${apiVersion}/${kind}`
}

/** What the schema says is wrong; it tells values that are wrong, and fields that are missing. */
async function refusedBySchema (manifest: Manifest): Promise<string[]> {
  const { [manifest.kind]: Model } = await import(moduleOf(manifest))
  try {
    new Model(manifest).validate()
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

/** What the types say is wrong, by name; they tell fields that there are not. */
async function refusedByTypes (texts: Record<string, Manifest>, directory: string): Promise<string[]> {
  await symlink(modules, join(directory, 'node_modules'))
  for (const [name, manifest] of Object.entries(texts)) {
    const type = `I${manifest.kind}`
    await writeFile(
      join(directory, `${name}.ts`),
      `import type { ${type} } from '${moduleOf(manifest)}'\n` +
      `export const manifest: ${type} = ${JSON.stringify(manifest)}`
    )
  }
  return await compile(Object.keys(texts).map(name => `${name}.ts`), directory)
}

t.test('the manifests are valid by the published schemas and types, and faults in them would not be', async t => {
  const faulty = Object.fromEntries(faults.map(([name, right, wrong], index) => {
    const text = JSON.stringify(manifests[name])
    t.ok(text.includes(right), `${right} is in ${name}`)
    return [`fault-${index}`, JSON.parse(text.replace(right, wrong)) as Manifest]
  }))
  // The groups of a PrometheusRule are checked by promtool; the type is older than keep_firing_for.
  const { prometheusrule: _, ...typed } = manifests
  const output = await refusedByTypes({ ...typed, ...faulty }, await temporaryDirectory(t))
  const refused = async (name: string, manifest: Manifest) =>
    [
      ...await refusedBySchema(manifest).catch(error => [String(error)]),
      ...output.filter(line => line.startsWith(`${name}.ts`))
    ]

  for (const [name, manifest] of Object.entries(manifests)) t.strictSame(await refused(name, manifest), [], name)
  for (const [index, [name, , wrong]] of faults.entries()) {
    t.not(
      (await refused(`fault-${index}`, faulty[`fault-${index}`] as Manifest)).length,
      0,
    `${name}: ${wrong} is seen`
    )
  }
})
