import { duration, whole } from '../ui/format.js'
import { Time } from '../ui/time.js'
import { language, words } from '../ui/words.js'
import { choose } from './filter.js'
import type { SummaryLine } from './journal-data.js'

/** Shows how often and how long the alerts of each name were firing. */
export function Summary ({ lines }: { lines: readonly SummaryLine[] }) {
  const text = words.value
  const took = (seconds: number) => duration(seconds, language.value)
  return (
    <section class='card summary' aria-labelledby='summary-title'>
      <header><h2 id='summary-title'>{text.summary}</h2></header>
      {lines.length === 0
        ? <p class='empty'>{text.noMatch}</p>
        : (
          <div class='scroll' tabIndex={0} role='group' aria-labelledby='summary-title'>
            <table>
              <thead>
                <tr>
                  <th scope='col'>{text.name}</th>
                  <th scope='col' class='number'>{text.times}</th>
                  <th scope='col' class='number'>{text.firingTime}</th>
                  <th scope='col' class='number mean'>{text.mean}</th>
                  <th scope='col' class='number'>{text.longest}</th>
                </tr>
              </thead>
              <tbody>
                {lines.map(({ name, count, firing, firingSeconds, meanSeconds, longestSeconds, lastSeenAt }) => (
                  <tr key={name}>
                    <th scope='row'>
                      <button type='button' class='link' onClick={() => { choose({ name }) }}>
                        {name === '' ? '–' : name}
                      </button>
                      <small>
                        {firing > 0
                          ? <span class='mark firing'>{text.firingCount(firing)}</span>
                          : <>{text.lastSeen} <Time at={lastSeenAt} /></>}
                      </small>
                    </th>
                    <td class='number'>{whole(count)}</td>
                    <td class='number'>{took(firingSeconds)}</td>
                    <td class='number mean'>{took(meanSeconds)}</td>
                    <td class='number'>{took(longestSeconds)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          )}
    </section>
  )
}
