import { useEffect } from 'preact/hooks'
import { settings } from '../settings.js'
import { place } from '../ui/router.js'
import { words } from '../ui/words.js'
import { AlertList } from './alert-list.js'
import { Details } from './details.js'
import { Empty, TestAlert } from './empty.js'
import { filterOf } from './filter.js'
import { Filters } from './filters.js'
import { failure, isEmpty, list, readShown, summary, timeline } from './journal-data.js'
import { Summary } from './summary.js'
import { Timeline } from './timeline.js'

const everyMs = 10_000

/** Shows the alerts of the journal: timeline, list and summary. */
export function Journal () {
  const text = words.value
  const { query } = place.value
  const filter = filterOf(query)
  const { alert: _, ...asked } = Object.fromEntries(query)
  const id = query.get('alert') ?? ''
  const known = [...list.value?.alerts ?? [], ...timeline.value?.alerts ?? []]

  useEffect(() => {
    const read = () => { if (!document.hidden) readShown(query).catch(() => {}) }
    read()
    const timer = setInterval(read, everyMs)
    document.addEventListener('visibilitychange', read)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', read)
    }
  }, [JSON.stringify(asked)])

  if (settings.journal === null) return <p>{text.notFound}</p>
  return (
    <>
      <h1 class='unseen'>{text.journal}</h1>
      {failure.value !== undefined && (
        <p class='failure' role='alert'>
          {text.failedToRead}: {failure.value}{' '}
          <button type='button' onClick={() => { readShown(query).catch(() => {}) }}>{text.tryAgain}</button>
        </p>
      )}
      {isEmpty.value
        ? <Empty />
        : (
          <>
            <Filters filter={filter} />
            <TestAlert />
            {timeline.value !== undefined && (
              <Timeline alerts={timeline.value.alerts} cut={timeline.value.next !== null} filter={filter} />
            )}
            <div class='halves'>
              {list.value !== undefined && (
                <AlertList alerts={list.value.alerts} next={list.value.next} filter={filter} />
              )}
              {summary.value !== undefined && <Summary lines={summary.value} />}
            </div>
          </>
          )}
      {id !== '' && <Details key={id} id={id} known={known.find(alert => alert.id === id)} />}
    </>
  )
}
