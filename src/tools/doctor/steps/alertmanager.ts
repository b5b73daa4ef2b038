import { Unreachable } from '../../shared/ask.js'
import { valuesOf } from '../../shared/exposition.js'
import { fail, pass, type Step } from '../step.js'

interface Status {
  versionInfo: { version: string }
}

export const alertmanager: Step = {
  name: 'alertmanager',
  title: 'Alertmanager',
  parts: ['alertmanager'],
  needs: [],
  async check ({ askJson, metrics, options: { alertmanager } }) {
    try {
      const { versionInfo: { version } } = await askJson<Status>('alertmanager', '/api/v2/status')
      const exposition = await metrics('alertmanager')
      if (exposition !== undefined && valuesOf(exposition, 'alertmanager_config_last_reload_successful')[0] === 0) {
        return fail(
          'refused its configuration at the last reload',
          'There is an error in ops/alertmanager, and it still runs with what it had before.',
          'docker compose exec alertmanager amtool check-config /etc/alertmanager/alertmanager.yml',
          'then: docker compose exec alertmanager kill -HUP 1'
        )
      }
      return pass(`${version} answers at ${alertmanager.origin}`)
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      return fail(
        `${error.origin} ${error.reason}`,
        `Alertmanager is not running, or is elsewhere (${error.code}).`,
        'docker compose ps alertmanager && docker compose logs alertmanager',
        'docker compose up -d alertmanager',
        'if it is elsewhere: npm run doctor -- --alertmanager URL; if there is none: --skip alertmanager'
      )
    }
  }
}
