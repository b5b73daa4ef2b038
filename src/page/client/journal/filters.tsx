import { useEffect } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { words } from '../ui/words.js'
import { choose, clear, isNarrow, periods, type Filter, type Period } from './filter.js'
import { summary } from './shown.js'
import { statusText } from './status-mark.js'

/** What narrows the journal; all of it is in the address. */
export function Filters ({ filter }: { filter: Filter }) {
  const text = words.value
  const names = [...new Set([filter.name, ...summary.value?.map(({ name }) => name) ?? []])].filter(Boolean).sort()
  const severities = [...new Set(['critical', 'warning', 'info', filter.severity])].filter(Boolean)
  const periodText: Record<Period, string> = {
    '1h': text.lastHour, '6h': text.lastHours(6), '24h': text.lastHours(24), '7d': text.lastDays(7), '30d': text.lastDays(30), all: text.everything
  }
  return (
    <section class='filters' role='search' aria-label={text.filters}>
      <label>
        <span>{text.period}</span>
        <select name='period' value={filter.period} onChange={({ currentTarget }) => { choose({ period: currentTarget.value as Period }) }}>
          {(Object.keys(periods) as Period[]).map(period => <option key={period} value={period}>{periodText[period]}</option>)}
        </select>
      </label>
      <label>
        <span>{text.status}</span>
        <select name='status' value={filter.status} onChange={({ currentTarget }) => { choose({ status: currentTarget.value }) }}>
          <option value=''>{text.all}</option>
          {(['firing', 'resolved', 'stale'] as const).map(status => <option key={status} value={status}>{statusText(status)}</option>)}
        </select>
      </label>
      <label>
        <span>{text.severity}</span>
        <select name='severity' value={filter.severity} onChange={({ currentTarget }) => { choose({ severity: currentTarget.value }) }}>
          <option value=''>{text.all}</option>
          {severities.map(severity => <option key={severity} value={severity}>{severity}</option>)}
        </select>
      </label>
      <label>
        <span>{text.name}</span>
        <select name='name' value={filter.name} onChange={({ currentTarget }) => { choose({ name: currentTarget.value }) }}>
          <option value=''>{text.all}</option>
          {names.map(name => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <LabelFilter value={filter.label} />
      {isNarrow(filter) && <button type='button' onClick={clear}>{text.clear}</button>}
    </section>
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
          name='label' placeholder={text.labelHint} pattern='[^=]+=.*' value={typed} onInput={({ currentTarget }) => { typed.value = currentTarget.value }}
          onChange={({ currentTarget }) => { if (currentTarget.checkValidity()) choose({ label: currentTarget.value.trim() }) }}
        />
      </label>
    </form>
  )
}
