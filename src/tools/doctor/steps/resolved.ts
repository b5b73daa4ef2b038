import { fail, leave, pass, type Step } from '../step.js'
import { postTestAlert, readTestAlert } from '../test-alert.js'
import { journalRoute, serviceOf } from './route.js'

const marginSeconds = 10

export const resolved: Step = {
  name: 'resolved',
  title: 'End of that alert',
  parts: ['service', 'alertmanager', 'test-alert'],
  needs: ['test-alert'],
  async check (context) {
    const { intervalSeconds, program } = await journalRoute(context)
    const { wait } = context.options
    if (await readTestAlert(context) === undefined) return leave('there was no test alert')
    const began = performance.now()
    await postTestAlert(context, program, 'resolved')
    if (intervalSeconds > wait) {
      return leave(
        `not waited for: Alertmanager tells of it after up to ${intervalSeconds} s (group_interval), ` +
        `longer than --wait ${wait}`
      )
    }
    context.tell(`waiting for it in the journal; Alertmanager tells after up to ${intervalSeconds} s`)
    const status = await context.until(
      intervalSeconds + marginSeconds,
      async () => await readTestAlert(context) === 'resolved' || undefined
    )
    if (status === true) return pass(`came into the journal after ${((performance.now() - began) / 1000).toFixed(1)} s`)
    return fail(
      'did not come into the journal: the test alert still fires there',
      'Alertmanager did not tell that it is over.',
      `docker compose logs ${serviceOf(program)} | tail`,
      'look whether its receiver has send_resolved: false'
    )
  }
}
