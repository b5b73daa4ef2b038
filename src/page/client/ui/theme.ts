import { effect, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

const kept = 'fastify-vitals theme'
const darkSystem = matchMedia('(prefers-color-scheme: dark)')

/** The theme that was chosen, and the one that is shown: that of the system where that was chosen. */
export const theme = signal<Theme>(chosen())
export const shown = signal<'light' | 'dark'>('light')

const systemIsDark = signal(darkSystem.matches)
darkSystem.addEventListener('change', ({ matches }) => { systemIsDark.value = matches })

effect(() => {
  const next = theme.value === 'system' ? (systemIsDark.value ? 'dark' : 'light') : theme.value
  document.documentElement.dataset['theme'] = next
  shown.value = next
})

/** Shows a theme, and keeps it for the next visit where the browser lets it. */
export function chooseTheme (next: Theme): void {
  theme.value = next
  try {
    localStorage.setItem(kept, next)
  } catch {}
}

function chosen (): Theme {
  try {
    const value = localStorage.getItem(kept)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system'
  }
}
