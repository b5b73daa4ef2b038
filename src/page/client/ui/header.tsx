import { settings } from '../settings.js'
import { address, place } from './router.js'
import { chooseTheme, theme, type Theme } from './theme.js'
import { chooseLanguage, language, words, type Language, type Words } from './words.js'

const pages: Array<[path: string, label: keyof Words]> = [
  ['/', 'now'],
  ['/journal', 'journal'],
  ['/runbook', 'runbook']
]

/** Shows the name of the service, the links to the views, and the choice of language and theme. */
export function Header () {
  const text = words.value
  return (
    <header class='top'>
      <a class='skip' href='#content'>{text.skip}</a>
      <a class='brand' href={address('/')}>
        <svg viewBox='0 0 32 32' width='26' height='26' aria-hidden='true'>
          <rect width='32' height='32' rx='8' />
          <path d='M4 17h6l3-9 5 17 3.5-11 1.8 3H28' />
        </svg>
        <span>{settings.title}</span>
      </a>
      <nav aria-label={text.pages}>
        {pages.filter(([path]) => path !== '/journal' || settings.journal !== null).map(([path, label]) => (
          <a key={path} href={address(path)} aria-current={place.value.path === path ? 'page' : undefined}>
            {text[label] as string}
          </a>
        ))}
        {settings.docs !== null && <a class='away' href={settings.docs}>{text.apiDocs}</a>}
        {settings.metrics !== null && <a class='away' href={`${settings.metrics}/`}>{text.metrics}</a>}
      </nav>
      <div class='looks'>
        <label>
          <span class='unseen'>{text.language}</span>
          <select
            value={language.value}
            onChange={({ currentTarget }) => { chooseLanguage(currentTarget.value as Language) }}
          >
            <option value='en' lang='en'>English</option>
            <option value='ko' lang='ko'>한국어</option>
          </select>
        </label>
        <label>
          <span class='unseen'>{text.theme}</span>
          <select value={theme.value} onChange={({ currentTarget }) => { chooseTheme(currentTarget.value as Theme) }}>
            <option value='system'>{text.themeSystem}</option>
            <option value='light'>{text.themeLight}</option>
            <option value='dark'>{text.themeDark}</option>
          </select>
        </label>
      </div>
    </header>
  )
}
