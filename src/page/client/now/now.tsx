import { words } from '../ui/words.js'
import { revision, history } from '../data/monitor.js'
import { Chart, type ChartOptions } from './chart.js'
import { charts } from './charts.js'
import { Happened } from './happened.js'
import { Lines } from './lines.js'
import { Status } from './status.js'
import { range, ranges } from './view.js'

/** Shows how the service is doing now, and how it was in the last minutes. */
export function Now () {
  const text = words.value
  revision.value // eslint-disable-line @typescript-eslint/no-unused-expressions
  return (
    <>
      <h1 class='unseen'>{text.now}</h1>
      <Status />
      <section aria-labelledby='charts-title'>
        <header class='bar'>
          <h2 id='charts-title'>{text.charts}</h2>
          <p class='quiet'>{history.times.length < 3 ? text.waitingForData : text.hoverHint}</p>
          <fieldset class='choice'>
            <legend class='unseen'>{text.range}</legend>
            {ranges.map(minutes => (
              <label key={minutes}>
                <input
                  type='radio'
                  name='range'
                  checked={range.value === minutes}
                  onChange={() => { range.value = minutes }}
                />
                <span>{text.minutes(minutes)}</span>
              </label>
            ))}
          </fieldset>
        </header>
        <div class='charts'>
          {charts.filter(isShown).map(options => <Chart key={options.title} {...options} />)}
        </div>
      </section>
      <Happened />
      <div class='tables'>
        <Lines of='routes' title='routes' column='route' empty='noRoutes' unnamed='unmatched' />
        <Lines of='queries' title='queries' column='query' empty='noQueries' unnamed='unnamed' />
      </div>
    </>
  )
}

/** Tells whether the service has what a chart shows; true until the first readings have come. */
function isShown ({ series, idle }: ChartOptions): boolean {
  const { times, values } = history
  const columns = [...series.map(({ column }) => column), ...idle === undefined ? [] : [idle.while]]
  return times.length < 3 || columns.some(column => values[column].some(value => value !== null))
}
