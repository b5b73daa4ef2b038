import { Unreachable } from '../../shared/ask.js'
import { excerpt } from '../context.js'
import { fail, pass, type Step } from '../step.js'

interface Build {
  data: { version: string }
}

export const prometheus: Step = {
  name: 'prometheus',
  title: 'Prometheus',
  parts: ['prometheus'],
  needs: [],
  async check ({ ask, askJson, options: { prometheus } }) {
    try {
      const { status, text } = await ask('prometheus', '/-/ready')
      if (status === 503) {
        return fail(
          `${prometheus.origin} answers, but is not ready: ${excerpt(text)}`,
          'It is starting, which takes a while when there is much to read back.',
          'docker compose logs -f prometheus'
        )
      }
      if (status !== 200) {
        return fail(
          `${prometheus.origin}/-/ready answers ${status}`,
          'Another program has this port, or a proxy is before it.',
          `curl -i ${prometheus.origin}/-/ready`,
          'npm run doctor -- --prometheus URL'
        )
      }
      const { data: { version } } = await askJson<Build>('prometheus', '/api/v1/status/buildinfo')
      return pass(`${version} is ready at ${prometheus.origin}`)
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      return fail(
        `${error.origin} ${error.reason}`,
        `Prometheus is not running, or is elsewhere (${error.code}).`,
        'docker compose ps prometheus && docker compose logs prometheus',
        'docker compose up -d prometheus',
        'if it is elsewhere: npm run doctor -- --prometheus URL; if there is none: --skip prometheus'
      )
    }
  }
}
