import { Unreachable } from '../../shared/ask.js'
import { fail, pass, type Step } from '../step.js'

export const service: Step = {
  name: 'service',
  title: 'Service',
  parts: ['service'],
  needs: [],
  async check ({ ask, options: { service } }) {
    try {
      const { status } = await ask('service', '/health/live/')
      if (status !== 404) return pass(`answers at ${service.origin}`)
      return fail(
        `${service.origin} answers, but has no /health/live/`,
        'Another program has this port, or a proxy does not pass the path on.',
        `curl -i ${service.origin}/health/live/`,
        'npm run doctor -- --service URL'
      )
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      return fail(
        `${error.origin} ${error.reason}`,
        `The service is not running, or is elsewhere (${error.code}).`,
        'npm start',
        'or with Docker: docker compose up -d app && docker compose logs app',
        'if it is elsewhere: npm run doctor -- --service URL'
      )
    }
  }
}
