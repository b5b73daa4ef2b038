import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { connection, happenings, latest, readHealth } from '../data/monitor.js'
import { settings } from '../settings.js'
import { duration } from '../ui/format.js'
import { address } from '../ui/router.js'
import { language, words } from '../ui/words.js'

type Tone = 'good' | 'bad' | 'unknown'

const everyMs = 10_000
/** The messages of the health checks, by the names of the checks. */
const messages = signal<Record<string, { status: string, message: string }>>({})

/** Shows how the service is doing: first what is wrong, then its version and the like. */
export function Status () {
  const now = latest.value
  const text = words.value
  const { tone, headline, hint } = told()
  const firing = happenings.value.filter(({ kind, until }) => kind === 'alert' && until === null).length

  useEffect(() => {
    const read = async () => {
      if (connection.value !== 'main') return
      const report = await readHealth().catch(() => undefined)
      if (report?.checks !== undefined) messages.value = report.checks
    }
    const timer = setInterval(() => { if (!document.hidden) read() }, everyMs)
    read()
    return () => { clearInterval(timer) }
  }, [connection.value])

  const checks = new Map([
    ...Object.entries(messages.value).map(([name, { status }]) => [name, status === 'healthy'] as const),
    ...now?.checks ?? []
  ])
  return (
    <section class={`status ${tone}`} aria-labelledby='status-title'>
      <div class='told' role='status'>
        <h2 id='status-title'><i class='pulse' aria-hidden='true' />{headline}</h2>
        {hint !== undefined && <p>{hint}</p>}
      </div>
      <ul class='checks' aria-label={text.checks}>
        {[...checks].map(([name, up]) => (
          <li key={name} class={up ? 'good' : 'bad'}>
            <i aria-hidden='true'>{up ? '✓' : '✕'}</i> <b>{name}</b>{' '}
            <span class='quiet'>{up ? text.checkUp : messages.value[name]?.message ?? text.checkDown}</span>
          </li>
        ))}
      </ul>
      <ul class='facts'>
        {now !== undefined && <li>{phaseText(now.phase)}</li>}
        {now?.startedAt !== undefined && <li>{text.up(upFor(now.at - now.startedAt))}</li>}
        {(now?.version ?? settings.version) !== '' && <li>{text.version(now?.version ?? settings.version)}</li>}
        {now?.node !== undefined && <li>Node.js {now.node}</li>}
        {settings.journal !== null && (
          <li>
            <a href={address('/journal?status=firing')} class={firing > 0 ? 'firing' : ''}>
              {firing > 0 ? text.firing(firing) : text.noneFiring}
            </a>
          </li>
        )}
      </ul>
    </section>
  )
}

function upFor (seconds: number): string {
  return duration(Math.max(0, Math.floor(seconds)), language.value)
}

function told (): { tone: Tone, headline: string, hint?: string } {
  const now = latest.value
  const text = words.value
  if (connection.value === 'none') return { tone: 'bad', headline: text.lost, hint: text.lostHint }
  if (now === undefined) return { tone: 'unknown', headline: text.starting }
  if (now.stalled >= 1) {
    const what = happenings.value.findLast(({ kind, until }) => kind === 'stall' && until === null)?.what
    const hint = connection.value === 'management' ? text.stuckHint : undefined
    const parts = [what === undefined ? undefined : text.stuckOn(what), hint].filter(part => part !== undefined)
    return {
      tone: 'bad',
      headline: text.stuck(duration(now.stalled, language.value)),
      ...parts.length > 0 && { hint: parts.join(' · ') }
    }
  }
  const failing = [...now.checks].filter(([, up]) => !up)
  const unhealthy = Object.values(messages.value).some(({ status }) => status !== 'healthy')
  if (failing.length > 0 || unhealthy) return { tone: 'bad', headline: text.unhealthy }
  return now.phase === undefined || now.phase === 'running'
    ? { tone: 'good', headline: text.healthy }
    : { tone: 'unknown', headline: phaseText(now.phase) }
}

function phaseText (phase = 'running'): string {
  const text = words.value
  const known: Record<string, string> = {
    running: text.running,
    draining: text.draining,
    closing: text.closing,
    ended: text.ended
  }
  return known[phase] ?? phase
}
