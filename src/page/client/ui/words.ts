import { computed, effect, signal } from '@preact/signals'
import { en, type Words } from './words/en.js'
import { ko } from './words/ko.js'

export type { Words } from './words/en.js'
export type Language = 'en' | 'ko'

const kept = 'fastify-vitals language'

/** The language of the page: the one that was chosen, or else the browser's, or else English. */
export const language = signal<Language>(chosen() ?? (navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en'))
export const words = computed<Words>(() => language.value === 'ko' ? ko : en)

effect(() => { document.documentElement.lang = language.value })

/** Shows the page in a language, and keeps it for the next visit where the browser lets it. */
export function chooseLanguage (next: Language): void {
  language.value = next
  try {
    localStorage.setItem(kept, next)
  } catch {}
}

function chosen (): Language | undefined {
  try {
    const value = localStorage.getItem(kept)
    return value === 'en' || value === 'ko' ? value : undefined
  } catch {
    return undefined
  }
}
