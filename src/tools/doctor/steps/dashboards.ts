import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { count, fail, pass, type Step } from '../step.js'

interface Dashboard {
  uid: string
  title: string
}

export const dashboards: Step = {
  name: 'dashboards',
  title: 'Dashboards',
  parts: ['grafana'],
  needs: ['grafana'],
  async check ({ askList, options }) {
    const expected = await readDashboards(options.dashboards)
    const there = await askList<Dashboard>('grafana', '/api/search?type=dash-db&limit=5000')
    const missing = expected.filter(({ uid }) => !there.some(dashboard => dashboard.uid === uid))
    if (missing.length === 0 && there.length > 0) {
      const among = expected.length > 0 ? `, among them ${titlesOf(expected)}` : ''
      return pass(`${count(there.length, 'dashboard')}${among}`)
    }
    return fail(
      there.length === 0 ? 'none' : `${titlesOf(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`,
      'ops/grafana is not mounted into Grafana, or a file there has an error.',
      'docker compose exec grafana ls -R /etc/grafana/provisioning /etc/grafana/dashboards',
      'docker compose logs grafana | grep -i provision',
      'docker compose up -d --force-recreate grafana'
    )
  }
}

function titlesOf (dashboards: Dashboard[]): string {
  return dashboards.map(({ title }) => title).join(', ')
}

/** The dashboards of a directory; none when it is not there, as in the image of the service. */
async function readDashboards (directory: string): Promise<Dashboard[]> {
  const files = await readdir(directory).catch(() => [])
  const names = files.filter(file => file.endsWith('.json')).sort()
  return await Promise.all(names.map(async name =>
    JSON.parse(await readFile(join(directory, name), 'utf8')) as Dashboard))
}
