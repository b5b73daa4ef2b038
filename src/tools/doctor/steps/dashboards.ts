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
      return pass(
        `${count(there.length, 'dashboard')}${expected.length > 0 ? `, among them ${expected.map(({ title }) => title).join(', ')}` : ''}`
      )
    }
    return fail(there.length === 0
      ? 'none'
      : `${missing.map(({ title }) => title).join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`, 'ops/grafana is not mounted into Grafana, or a file there has an error.',
    'docker compose exec grafana ls -R /etc/grafana/provisioning /etc/grafana/dashboards', 'docker compose logs grafana | grep -i provision', 'docker compose up -d --force-recreate grafana')
  }
}

/** The dashboards of a directory; none when it is not there, as in the image of the service. */
async function readDashboards (directory: string): Promise<Dashboard[]> {
  const files = await readdir(directory).catch(() => [])
  return await Promise.all(files.filter(file => file.endsWith('.json'))
    .sort()
    .map(async file => JSON.parse(await readFile(join(directory, file), 'utf8')) as Dashboard))
}
