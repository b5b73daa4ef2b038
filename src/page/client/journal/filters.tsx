import { useEffect } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { words } from '../ui/words.js'
import { choose, clear, isNarrow, periods, type Filter, type Period } from './filter.js'
import { summary } from './journal-data.js'
import { statuses, statusText } from './alert-marks.js'

const allPeriods = Object.keys(periods) as Period[]

/** Shows the filters of the journal, whose values are those in the address. */
export function Filters ({ filter }: { filter: Filter }) {
  const text = words.value
  const names = [...new Set([filter.name, ...summary.value?.map(({ name }) => name) ?? []])].filter(Boolean).sort()
  const severities = [...new Set(['critical', 'warning', 'info', filter.severity])].filter(Boolean)
  const periodText: Record<Period, string> = {
    '1h': text.lastHour,
    '6h': text.lastHours(6),
    '24h': text.lastHours(24),
    '7d': text.lastDays(7),
    '30d': text.lastDays(30),
    all: text.everything
  }
  return (
    <section class='filters' role='search' aria-label={text.filters}>
      <Choice name='period' of={allPeriods} value={filter.period} textOf={each => periodText[each]} />
      <Choice name='status' of={statuses} value={filter.status} textOf={statusText} all />
      <Choice name='severity' of={severities} value={filter.severity} all />
      <Choice name='name' of={names} value={filter.name} all />
      <LabelFilter value={filter.label} />
      {isNarrow(filter) && <button type='button' onClick={clear}>{text.clear}</button>}
    </section>
  )
}

interface ChoiceOptions<V extends string> {
  name: 'period' | 'status' | 'severity' | 'name'
  of: readonly V[]
  value: string
  textOf?: (value: V) => string
  /** Whether "all" is one of the choices. */
  all?: boolean
}

function Choice<V extends string> ({ name, of, value, textOf = String, all = false }: ChoiceOptions<V>) {
  const text = words.value
  return (
    <label>
      <span>{text[name]}</span>
      <select name={name} value={value} onChange={({ currentTarget }) => { choose({ [name]: currentTarget.value }) }}>
        {all && <option value=''>{text.all}</option>}
        {of.map(each => <option key={each} value={each}>{textOf(each)}</option>)}
      </select>
    </label>
  )
}

function LabelFilter ({ value }: { value: string }) {
  const text = words.value
  const typed = useSignal(value)
  useEffect(() => { typed.value = value }, [value])
  return (
    <form onSubmit={event => { event.preventDefault(); choose({ label: typed.value.trim() }) }}>
      <label>
        <span>{text.label}</span>
        <input
          name='label'
          placeholder={text.labelHint}
          pattern='[^=]+=.*'
          value={typed}
          onInput={({ currentTarget }) => { typed.value = currentTarget.value }}
          onChange={({ currentTarget: { value, validity } }) => { if (validity.valid) choose({ label: value.trim() }) }}
        />
      </label>
    </form>
  )
}
