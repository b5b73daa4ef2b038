/** Formats a number with about three digits, and with a thousands separator where it is large. */
export function short (value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 999_500) return `${(value / 1e6).toPrecision(3)} M`
  if (size >= 100) return Math.round(value).toLocaleString('en')
  if (size >= 10) return value.toFixed(1).replace(/\.0$/, '')
  return size >= 0.01 ? value.toFixed(2).replace(/\.?0+$/, '') : '< 0.01'
}

/** Formats a number of things that are counted one by one. */
export function whole (value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** Formats seconds in the unit that suits them: µs, ms or s. */
export function time (seconds: number): string {
  if (seconds === 0) return '0 ms'
  if (seconds < 0.001) return `${Math.max(1, Math.round(seconds * 1e6))} µs`
  if (seconds < 1) return `${three(seconds * 1000)} ms`
  return `${three(seconds)} s`
}

/** Formats bytes in MiB or GiB. */
export function bytes (value: number): string {
  const mebibytes = value / 2 ** 20
  return mebibytes >= 1024 ? `${three(mebibytes / 1024)} GiB` : `${three(mebibytes)} MiB`
}

/** Formats a share, of which 1 is all, in percent. */
export function percent (share: number): string {
  const value = share * 100
  return `${value < 10 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} %`
}

function three (value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en')
    : value >= 10 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(2).replace(/\.?0+$/, '')
}

const units: Array<[seconds: number, en: string, ko: string]> = [
  [86_400, 'd', '일'],
  [3600, 'h', '시간'],
  [60, 'min', '분'],
  [1, 's', '초']
]

/** Formats how long something took, in its two largest units: `3 h 12 min`. */
export function duration (seconds: number, language: 'en' | 'ko'): string {
  if (seconds < 10 && seconds > 0 && !Number.isInteger(seconds)) {
    return language === 'ko' ? `${seconds.toFixed(1)}초` : `${seconds.toFixed(1)} s`
  }
  let rest = Math.max(0, Math.round(seconds))
  const parts: string[] = []
  for (const [size, en, ko] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 ||
      (size === 1 && parts.length === 0)) parts.push(language === 'ko' ? `${count}${ko}` : `${count} ${en}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ')
}
