import { secondsOf, type Alert } from '../data/alert.js'
import { duration } from '../ui/format.js'
import { local } from '../ui/time.js'
import { language, words, type Language } from '../ui/words.js'
import { alertAddress, beginOf, type Filter } from './filter.js'
import { rowsOf, ticksOf } from './lanes.js'
import { severityClass, statuses, statusText } from './alert-marks.js'

const laneHeight = 14
const fewRows = 14
const day = 86_400_000

/** Shows alerts as bars over time, a row for each name. */
export function Timeline ({ alerts, cut, filter }: { alerts: readonly Alert[], cut: boolean, filter: Filter }) {
  const text = words.value
  const to = Date.now()
  const oldest = Math.min(to - 3_600_000, ...alerts.map(({ startsAt }) => Date.parse(startsAt)))
  const from = cut ? oldest : beginOf(filter) ?? oldest
  const rows = rowsOf(alerts, from, to)
  const names = rows.slice(0, fewRows)
  return (
    <section class='card timeline' aria-labelledby='timeline-title'>
      <header>
        <h2 id='timeline-title'>{text.timeline}</h2>
        <p>{cut ? text.newestShown(alerts.length) : text.alertsShown(alerts.length)}</p>
        <ul class='key' aria-hidden='true'>
          {statuses.map(status => (
            <li key={status}><i class={`bar-mark severity-critical ${status}`} />{statusText(status)}</li>
          ))}
        </ul>
      </header>
      <div class='rows'>
        {names.map(({ name, bars, lanes }) => (
          <div key={name} class='row'>
            <h3>{name === '' ? '–' : name} <small>{bars.length}</small></h3>
            <ol style={{ height: `${lanes * laneHeight + 8}px` }}>
              {bars.map(({ alert, left, width, lane }) => (
                <li
                  key={alert.id}
                  style={{ left: `${left * 100}%`, width: `${width * 100}%`, top: `${4 + lane * laneHeight}px` }}
                >
                  <Bar alert={alert} />
                </li>
              ))}
            </ol>
          </div>
        ))}
        <div class='row axis' aria-hidden='true'>
          <span />
          <div>
            {ticksOf(from, to - (to - from) * 0.04, 7).map(time => {
              const left = (time - from) / (to - from)
              return (
                // The text of a tick this far to the right has no room on a phone.
                <span key={time} class={left > 0.86 ? 'last' : ''} style={{ left: `${left * 100}%` }}>
                  {tickText(time, to - from, language.value)}
                </span>
              )
            })}
          </div>
        </div>
      </div>
      {rows.length > fewRows && <p class='empty'>+ {rows.length - fewRows}</p>}
    </section>
  )
}

function Bar ({ alert }: { alert: Alert }) {
  const { id, name, severity, status, startsAt } = alert
  const began = local(Date.parse(startsAt) / 1000, 'moment', language.value)
  const took = duration(secondsOf(alert), language.value)
  const told = [name, severity, statusText(status), began, took].filter(Boolean).join(', ')
  return (
    <a
      href={alertAddress(id)}
      class={`bar-mark ${severityClass(severity)} ${status}`}
      title={told}
      aria-label={told}
      data-alert={id}
    />
  )
}

function tickText (time: number, span: number, language: Language): string {
  const options: Intl.DateTimeFormatOptions = span > 2 * day
    ? { month: 'short', day: 'numeric' }
    : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
  return new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', options).format(time)
}
