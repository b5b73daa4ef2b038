import { secondsOf, type Alert } from '../data/alert.js'
import { duration } from '../ui/format.js'
import { setQuery } from '../ui/router.js'
import { Time } from '../ui/time.js'
import { language, words } from '../ui/words.js'
import { alertAddress, type Filter } from './filter.js'
import { SeverityMark, StatusMark } from './alert-marks.js'

/** Shows a page of alerts, those that began last first. */
export function AlertList (
  { alerts, next, filter }: { alerts: readonly Alert[], next: string | null, filter: Filter }
) {
  const text = words.value
  return (
    <section class='card alerts' aria-labelledby='alerts-title'>
      <header><h2 id='alerts-title'>{text.list}</h2></header>
      {alerts.length === 0
        ? <p class='empty'>{text.noMatch}</p>
        : (
          <div class='scroll' tabIndex={0} role='group' aria-labelledby='alerts-title'>
            <table>
              <thead>
                <tr>
                  <th scope='col'>{text.status}</th>
                  <th scope='col'>{text.name}</th>
                  <th scope='col' class='severity-cell'>{text.severity}</th>
                  <th scope='col'>{text.started}</th>
                  <th scope='col' class='number'>{text.duration}</th>
                </tr>
              </thead>
              <tbody>
                {alerts.map(alert => (
                  <tr key={alert.id} data-alert={alert.id}>
                    <td><StatusMark status={alert.status} /></td>
                    <th scope='row'>
                      <a href={alertAddress(alert.id)}>{alert.name === '' ? alert.fingerprint : alert.name}</a>
                      <small>{alert.annotations['summary'] ?? alert.labels['instance']}</small>
                    </th>
                    <td class='severity-cell'><SeverityMark severity={alert.severity} /></td>
                    <td class='when'><Time at={alert.startsAt} /></td>
                    <td class='number'>{duration(secondsOf(alert), language.value)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          )}
      {(filter.cursor !== '' || next !== null) && (
        <nav class='pages' aria-label={text.list}>
          <button type='button' disabled={filter.cursor === ''} onClick={() => { setQuery({ cursor: '' }) }}>
            ← {text.newer}
          </button>
          <button type='button' disabled={next === null} onClick={() => { setQuery({ cursor: next ?? '' }) }}>
            {text.older} →
          </button>
        </nav>
      )}
    </section>
  )
}
