import { useSignal } from '@preact/signals'
import { history, latest, minuteAgo, revision } from '../data/monitor.js'
import { rank, type Order } from '../data/ranking.js'
import type { Line } from '../data/reading.js'
import { short, time } from '../ui/format.js'
import { words, type Words } from '../ui/words.js'
import { Sparkline } from './sparkline.js'

const few = 10

export interface LinesOptions {
  title: keyof Words
  column: keyof Words
  empty: keyof Words
  /** The text to show for an empty name. */
  unnamed: keyof Words
  of: 'routes' | 'queries'
}

/** Shows a table of routes or queries, those with the most load first. */
export function Lines ({ title, column, empty, unnamed, of }: LinesOptions) {
  revision.value // eslint-disable-line @typescript-eslint/no-unused-expressions
  const order = useSignal<Order>('load')
  const all = useSignal(false)
  const text = words.value
  const id = `${of}-title`
  const now = latest.value
  const before = minuteAgo.value
  const seconds = now === undefined || before === undefined ? 0 : now.at - before.at
  const lines: ReadonlyMap<string, Line> = now?.[of] ?? new Map()
  const ranks = rank(before?.[of] ?? lines, lines, Math.max(seconds, 1), order.value)
  const shown = all.value ? ranks : ranks.slice(0, few)

  const head = (by: Order, label: string, title?: string) => (
    <th scope='col' class={by === 'name' ? '' : 'number'} aria-sort={order.value === by ? sortOf(by) : undefined}>
      <button type='button' onClick={() => { order.value = by }} title={title ?? text.sortBy(label)}>{label}</button>
    </th>
  )
  const nameText = (name: string) =>
    name === '' || name === '__unknown__' ? <em>{text[unnamed] as string}</em> : name

  return (
    <section class='card lines' aria-labelledby={id} data-lines={of}>
      <header>
        <h2 id={id}>{text[title] as string}</h2>
        <p>{text.lastMinute}</p>
      </header>
      {ranks.length === 0
        ? <p class='empty'>{text[empty] as string}</p>
        : (
          <div class='scroll' tabIndex={0} role='group' aria-labelledby={id}>
            <table>
              <thead>
                <tr>
                  {head('name', text[column] as string)}
                  {head('load', text.load, text.loadHint)}
                  {head('rate', text.rate)}
                  {head('p95', text.p95)}
                  {head('errors', text.errors)}
                  <th scope='col'>{text.trend}</th>
                </tr>
              </thead>
              <tbody>
                {shown.map(({ key, kind, name, load, rate, p95, errors }) => (
                  <tr key={key} class={rate === 0 ? 'idle' : ''}>
                    <th scope='row'><span class='kind'>{kind}</span> <span class='name'>{nameText(name)}</span></th>
                    <td class='number'>{short(load)}</td>
                    <td class='number'>{short(rate)}<small>{text.perSecond}</small></td>
                    <td class='number'>{p95 === null ? '–' : time(p95)}</td>
                    <td class={errors > 0 ? 'number bad' : 'number'}>
                      {errors === 0 ? '0' : <>{short(errors)}<small>{text.perSecond}</small></>}
                    </td>
                    <td><Sparkline values={history.lines[key] ?? []} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          )}
      {ranks.length > few && (
        <button type='button' class='more' onClick={() => { all.value = !all.value }}>
          {all.value ? text.showFewer : text.showAll(ranks.length)}
        </button>
      )}
    </section>
  )
}

function sortOf (by: Order): 'ascending' | 'descending' {
  return by === 'name' ? 'ascending' : 'descending'
}
