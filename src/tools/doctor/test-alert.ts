import { excerpt, UnexpectedAnswer, type Context } from './context.js'

/**
 * Has the test alert of this run fire, or end. It ends by itself when nobody says so. Rejects with UnexpectedAnswer
 * when Alertmanager does not take it, and with what asking fails with when there is no answer.
 */
export async function postTestAlert (
  { ask, id, began, options }: Context,
  program: 'alertmanager' | 'journalAlertmanager',
  status: 'firing' | 'resolved'
): Promise<void> {
  const now = Date.now()
  const { status: code, text } = await ask(program, '/api/v2/alerts', {
    method: 'POST',
    body: [{
      // A job of its own, so that it does not wait in a group with that of the last run.
      labels: { alertname: 'DoctorTest', severity: 'info', job: `doctor-${id}` },
      annotations: { summary: 'Made by npm run doctor, to see whether alerts arrive' },
      startsAt: began.toISOString(),
      endsAt: new Date(status === 'firing' ? now + (options.wait + 60) * 1000 : now).toISOString(),
      generatorURL: 'http://localhost/'
    }]
  })
  if (code !== 200) throw new UnexpectedAnswer(`${options[program].origin}/api/v2/alerts`, code, excerpt(text))
}

/**
 * What the journal has of it: its status, or undefined while it is not there. Rejects with UnexpectedAnswer when the
 * journal has no list, and with what asking fails with when there is no answer.
 */
export async function readTestAlert ({ askJson, id }: Context): Promise<string | undefined> {
  const query = new URLSearchParams({ name: 'DoctorTest', label: `job=doctor-${id}` })
  const { alerts: [alert] } = await askJson<{ alerts: Array<{ status: string }> }>('service', `/api/alerts?${query}`)
  return alert?.status
}
