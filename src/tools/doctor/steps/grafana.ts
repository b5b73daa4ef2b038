import { Unreachable } from '../../shared/ask.js'
import { fail, pass, type Step } from '../step.js'

interface Health {
  database?: string
  version?: string
}

export const grafana: Step = {
  name: 'grafana',
  title: 'Grafana',
  parts: ['grafana'],
  needs: [],
  async check ({ ask, askJson, options: { grafana } }) {
    try {
      const { database, version = 'of an unknown version' } = await askJson<Health>('grafana', '/api/health')
      if (database !== 'ok') {
        return fail(
          `${grafana.origin} answers, but its own database is ${database}`,
          'Grafana keeps its settings in a database of its own.',
          'docker compose logs grafana'
        )
      }
      const { status } = await ask('grafana', '/api/org')
      if (status === 401 || status === 403) {
        return fail(
          `does not let the user ${decodeURIComponent(grafana.username)} in (${status})`,
          'The user or the password is another; the one in the environment counts only at its first start.',
          'GRAFANA_USER=… GRAFANA_PASSWORD=… npm run doctor',
          'forgotten: docker compose exec grafana grafana cli admin reset-admin-password NEW'
        )
      }
      return pass(`${version} answers at ${grafana.origin}`)
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      return fail(
        `${error.origin} ${error.reason}`,
        `Grafana is not running, or is elsewhere (${error.code}).`,
        'docker compose ps grafana && docker compose logs grafana',
        'docker compose up -d grafana',
        'if it is elsewhere: npm run doctor -- --grafana URL; if there is none: --skip grafana'
      )
    }
  }
}
