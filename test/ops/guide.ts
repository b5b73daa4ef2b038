import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { readCompose, readServices } from '../fixtures/compose.js'
import { readDashboards } from '../fixtures/dashboards.js'
import { anchorsOf, commandsOf, queriesOf, readGuides, root, withoutComments, type Guide } from '../fixtures/guide.js'
import { names, queries } from '../fixtures/guide-promises.js'
import { readRules } from '../fixtures/prometheus.js'
import { metricsOf } from '../fixtures/promql.js'

const guides = await readGuides()
const [korean, english] = guides as [Guide, Guide]

t.test('both languages have the same sections, with the same blocks in the same order', async t => {
  t.strictSame(korean.headings.map(({ level }) => level), english.headings.map(({ level }) => level))
  t.ok(korean.blocks.length > 40)
  t.strictSame(
    ...[korean, english].map(({ blocks }) => blocks.map(({ language, text, url }) => ({
      language,
      text: withoutComments(text),
      url
    }))) as [unknown, unknown]
  )
  t.strictSame(...[korean, english].map(({ urls }) => urls) as [unknown, unknown])
  t.strictSame(commandsOf(korean), commandsOf(english))
  const titles = (guide: Guide) =>
    guide.headings.filter(({ level }) => level === 2).map(({ title }) => title.split('.')[0])
  t.strictSame(titles(korean).slice(1), ['1', '2', '3', '4', '5', '6', '7'])
  t.strictSame(titles(english).slice(1), titles(korean).slice(1))
})

for (const guide of guides) {
  t.test(`${guide.file}: its links lead somewhere`, async t => {
    for (const link of guide.links) {
      if (link.includes(':')) {
        t.match(new URL(link), { protocol: 'https:' }, link)
        continue
      }
      const [file = '', anchor] = link.split('#')
      await t.resolves(access(join(root, file)), link)
      if (anchor !== undefined) t.ok((await anchorsOf(file)).includes(decodeURIComponent(anchor)), link)
    }
  })

  t.test(`${guide.file}: each block of YAML is in the file that it names`, async t => {
    const blocks = guide.blocks.filter(({ language }) => language === 'yaml')
    for (const { text } of blocks) {
      const [, file = ''] = /^# (\S+)\n/.exec(text) ?? []
      const quote = text.replace(/^#.*\n/, '')
      t.ok(parse(quote), file)
      if (file === 'docker-compose.override.yml') await mergesIntoCompose(t, quote)
      else t.ok(quoted(await readFile(join(root, file), 'utf8'), quote), `${file}:\n${quote}`)
    }
    t.ok(blocks.length > 5)
  })

  t.test(`${guide.file}: commands of Compose are such, and their services are there`, async t => {
    const services = await readServices()
    for (const command of commandsOf(guide).filter(command => command.startsWith('docker'))) {
      t.doesNotThrow(() => readCompose(command, services), command)
    }
  })

  t.test(`${guide.file}: each alert, dashboard and recommended panel in it exists, and the reverse`, async t => {
    const alerts = Object.values(await readRules())
      .flat()
      .flatMap(({ rules }) => rules)
      .flatMap(({ alert = [] }) => alert)
    t.strictSame(
      guide.links.flatMap(link => /runbook\.md#(.+)/.exec(link)?.[1] ?? []).sort(),
      [...new Set(alerts)].map(name => name.toLowerCase()).sort()
    )

    const dashboards = await readDashboards()
    const rows = [
      ...guide.text.matchAll(/^\| (Vitals \/ \w+) \| \S+\/d\/(\S+) \|/gm)
    ].map(([, title, uid]) => ({ title, uid }))
    t.strictSame(rows.toSorted(byUid), dashboards.map(({ title, uid }) => ({ title, uid })).toSorted(byUid))

    const overview = dashboards.find(({ uid }) => uid === 'vitals-overview')
    const panels = overview?.panels.filter(({ type }) => type !== 'row') ??
      []
    const recommended = guide.headings.filter(({ level, title }) => level === 4 &&
      /^\d\. /.test(title)).map(({ title }) => /\((.+)\)$/.exec(title)?.[1] ?? title.slice(3))
    t.strictSame(recommended, panels.slice(0, 5).map(({ title }) => title))
  })

  t.test(`${guide.file}: what a guide to django-prometheus promises is in it`, async t => {
    const asked = queriesOf(guide)
    for (const query of queries) t.ok(asked.includes(query), query)
    for (const name of names) t.ok(guide.code.includes(name), name)
    for (const query of asked) t.doesNotThrow(() => metricsOf(query), query)
    for (const path of [
      '/health/',
      '/health/ready/',
      '/health/live/',
      '/metrics/'
    ]) t.ok(guide.urls.includes(`http://localhost:8000${path}`), path)
  })
}

t.test('README.md leads to both, and what the doctor says in ops/README.md is what it says here', async t => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const operating = await readFile(join(root, 'ops', 'README.md'), 'utf8')
  for (const { file, blocks } of guides) {
    t.ok(readme.includes(`](${file})`), file)
    for (const { text } of blocks.filter(({ language }) => language === 'text')) t.ok(operating.includes(text), text)
  }
})

/** Whether lines follow one another in a file, however deep they are there, commented out or not. */
function quoted (text: string, quote: string): boolean {
  const lines = (text: string) => text.trimEnd().split('\n')
  const wanted = lines(quote)
  const all = lines(text)
  return all.some((_, start) => {
    const part = all.slice(start, start + wanted.length).map(line => line.replace(/^( *)# /, '$1'))
    const indent = /^ */.exec(part[0] ?? '')?.[0] ?? ''
    return part.every(line => line.startsWith(indent)) &&
      part.map(line => line.slice(indent.length)).join('\n') === wanted.join('\n')
  })
}

async function mergesIntoCompose (t: Test, text: string): Promise<void> {
  const services = await readServices()
  const alertmanager = await readFile(join(root, 'ops', 'alertmanager', 'alertmanager.yml'), 'utf8')
  for (const [name, { volumes }] of Object.entries(parse(text).services as Record<string, { volumes: string[] }>)) {
    t.ok(name in services, name)
    for (const volume of volumes) t.ok(alertmanager.includes(`: ${volume.split(':')[1]}\n`), volume)
  }
}

function byUid (a: { uid?: string | undefined }, b: { uid?: string | undefined }): number {
  return (a.uid ?? '').localeCompare(b.uid ?? '')
}
