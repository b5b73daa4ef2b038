import { useSignal } from '@preact/signals'
import { Fragment } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { endOf, secondsOf, type Alert } from '../data/alert.js'
import { askJournal } from '../data/alerts.js'
import { duration } from '../ui/format.js'
import { address, go } from '../ui/router.js'
import { Time } from '../ui/time.js'
import { language, words } from '../ui/words.js'
import { alertAddress } from './filter.js'
import { SeverityMark, StatusMark } from './alert-marks.js'

/** Shows all that is known of one alert, in a dialog. */
export function Details ({ id, known }: { id: string, known: Alert | undefined }) {
  const text = words.value
  const dialog = useRef<HTMLDialogElement>(null)
  const read = useSignal<Alert | undefined>(known)
  const missing = useSignal(false)

  useEffect(() => {
    read.value = known
    missing.value = false
    if (known === undefined) {
      askJournal<Alert>(`/${encodeURIComponent(id)}`)
        .then(alert => { read.value = alert }, () => { missing.value = true })
    }
  }, [id, known])
  useEffect(() => { dialog.current?.showModal() }, [])

  const close = () => { go(alertAddress('')) }
  const closeBeside = ({ target }: Event) => { if (target === dialog.current) dialog.current?.close() }
  const alert = read.value
  return (
    <dialog ref={dialog} class='details' aria-labelledby='details-title' onClose={close} onClick={closeBeside}>
      <div>
        <header>
          <h2 id='details-title'>{alert?.name ?? text.details}</h2>
          <button type='button' onClick={() => { dialog.current?.close() }} aria-label={text.close}>✕</button>
        </header>
        {alert === undefined ? <p>{missing.value ? text.notFound : '…'}</p> : <Body alert={alert} />}
      </div>
    </dialog>
  )
}

function Body ({ alert }: { alert: Alert }) {
  const text = words.value
  const { status, severity, annotations, labels, receiver } = alert
  const moments: Array<[label: string, at: string | null | undefined]> = [
    [text.began, alert.startsAt],
    [text.heardFirst, alert.receivedAt],
    [text.heardLast, alert.lastHeardAt],
    [text.ended_, alert.endsAt],
    [text.heardResolved, alert.resolvedReceivedAt]
  ]
  const known = moments.filter((moment): moment is [string, string] => moment[1] != null)
  return (
    <>
      <p class='line'>
        <StatusMark status={status} /> {severity !== null && <SeverityMark severity={severity} />}
      </p>
      {annotations['summary'] !== undefined && <p class='lead'>{annotations['summary']}</p>}
      {annotations['description'] !== undefined && <p>{annotations['description']}</p>}
      {status === 'stale' && <p class='quiet'>{text.staleHint}</p>}
      <dl>
        <dt>{text.duration}</dt>
        <dd>{duration(secondsOf(alert), language.value)}{endOf(alert) === null && `, ${text.stillFiring}`}</dd>
        {known.map(([label, at]) => <Fragment key={label}><dt>{label}</dt><dd><Time at={at} /></dd></Fragment>)}
        <dt>{text.receiver}</dt>
        <dd>{receiver}</dd>
      </dl>
      <h3>{text.links}</h3>
      <ul class='links'>{linksOf(alert).map(([label, url]) => <li key={label}><a href={url}>{label}</a></li>)}</ul>
      <h3>{text.labels}</h3>
      <Pairs of={labels} />
      <h3>{text.annotations}</h3>
      <Pairs of={annotations} />
    </>
  )
}

function Pairs ({ of }: { of: Record<string, string> }) {
  const pairs = Object.entries(of)
  return (
    <dl class='pairs'>
      {pairs.map(([name, value]) => <Fragment key={name}><dt>{name}</dt><dd>{value}</dd></Fragment>)}
    </dl>
  )
}

/**
 * Shows links to more about an alert. Only URLs of http and https become links, because whoever may store alerts
 * writes them.
 */
function linksOf ({ name, annotations, generatorURL, externalURL }: Alert): Array<[label: string, url: string]> {
  const text = words.value
  const anchor = name.toLowerCase()
  const links: Array<[label: string, url: string | undefined]> = [
    [text.runbook, annotations['runbook_url'] ?? address(`/runbook#${anchor}`)],
    [text.rule, generatorURL],
    [text.dashboard, annotations['dashboard_url'] ?? annotations['dashboard']],
    [text.alertmanager, externalURL]
  ]
  return links.filter((link): link is [string, string] => link[1] !== undefined && isWebAddress(link[1]))
}

function isWebAddress (text: string): boolean {
  return text !== '' && URL.canParse(text, location.href) && /^https?:$/.test(new URL(text, location.href).protocol)
}
