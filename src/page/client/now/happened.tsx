import type { Happening } from '../data/happening.js'
import { duration } from '../ui/format.js'
import { address } from '../ui/router.js'
import { Time } from '../ui/time.js'
import { language, words } from '../ui/words.js'
import { shownHappenings } from './view.js'

/** Lists the events that the charts mark, the newest first. */
export function Happened () {
  const text = words.value
  const newestFirst = [...shownHappenings.value].reverse()
  return (
    <section class='card happened' aria-labelledby='happened-title'>
      <header><h2 id='happened-title'>{text.happenings}</h2></header>
      {newestFirst.length === 0
        ? <p class='empty'>{text.noHappenings}</p>
        : (
          <div class='scroll' tabIndex={0} role='group' aria-labelledby='happened-title'>
            <ol>
              {newestFirst.map(each => (
                <li key={each.key} class={each.kind} data-kind={each.kind}>
                  <Time at={each.from} style='clock' />
                  <b>{kindText(each)}</b>
                  <span>{told(each)}</span>
                </li>
              ))}
            </ol>
          </div>
          )}
    </section>
  )
}

function kindText ({ kind }: Happening): string {
  const text = words.value
  return { stall: text.stall, restart: text.restart, shed: text.shedBurst, alert: text.alert }[kind]
}

function told ({ kind, from, until, count = 0, what, id }: Happening) {
  const text = words.value
  const took = (end: number) => duration(end - from, language.value)
  switch (kind) {
    case 'stall': return until === null ? text.stallGoing(what) : text.stallText(took(until), what)
    case 'restart': return text.restartText
    case 'shed': return text.shedText(count)
    case 'alert': {
      const query = count > 1 ? new URLSearchParams({ name: what ?? '' }) : `alert=${id}`
      const link = <a href={address(`/journal?${query}`)}>{what}{count > 1 && ` × ${count}`}</a>
      return <>{link}, {until === null ? text.firingNow : text.resolvedAfter(took(until))}</>
    }
  }
}
