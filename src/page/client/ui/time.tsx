import { language, type Language } from './words.js'

const styles: Record<'clock' | 'moment', Intl.DateTimeFormatOptions> = {
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  moment: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }
}
/** The format of a moment in another year than this one. */
const dated: Intl.DateTimeFormatOptions = { year: 'numeric', ...styles.moment }
const formats = new Map<string, Intl.DateTimeFormat>()

/** Formats a time, in seconds since 1970, in the reader's time zone. */
export function local (seconds: number, style: 'clock' | 'moment', language: Language): string {
  const isOld = style === 'moment' && new Date(seconds * 1000).getFullYear() !== new Date().getFullYear()
  const key = `${style} ${language} ${isOld}`
  const format = formats.get(key) ??
    new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', isOld ? dated : styles[style])
  formats.set(key, format)
  return format.format(seconds * 1000)
}

/** Shows a time in the reader's time zone, and on hover in UTC. */
export function Time ({ at, style = 'moment' }: { at: number | string, style?: 'clock' | 'moment' }) {
  const seconds = typeof at === 'number' ? at : Date.parse(at) / 1000
  const iso = new Date(seconds * 1000).toISOString()
  const utc = iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')
  return <time dateTime={iso} title={utc}>{local(seconds, style, language.value)}</time>
}
