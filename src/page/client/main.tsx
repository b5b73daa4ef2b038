import { effect } from '@preact/signals'
import { render } from 'preact'
import { connection, startMonitor } from './data/monitor.js'
import { watchAlerts } from './data/alerts.js'
import { Journal } from './journal/journal.js'
import { Now } from './now/now.js'
import { Runbook } from './runbook/runbook.js'
import { settings } from './settings.js'
import './style/page.css'
import { Header } from './ui/header.js'
import { place } from './ui/router.js'
import { TokenForm } from './ui/token-form.js'
import { words } from './ui/words.js'

const licences = document.querySelector<HTMLLinkElement>('link[rel=license]')?.href ?? ''

function Page () {
  const text = words.value
  const { path } = place.value
  return (
    <>
      <Header />
      <main id='content' tabIndex={-1}>
        {path === '/journal'
          ? <Journal />
          : path === '/runbook' ? <Runbook /> : connection.value === 'locked' ? <TokenForm /> : <Now />}
      </main>
      <footer>
        <p>{text.footer}</p>
        <a href={licences}>{text.licences}</a>
      </footer>
    </>
  )
}

effect(() => {
  const { path } = place.value
  const { journal, runbook, now } = words.value
  document.title = `${path === '/journal' ? journal : path === '/runbook' ? runbook : now} · ${settings.title}`
})

startMonitor()
watchAlerts()

const page = document.getElementById('page')
if (page !== null) {
  page.replaceChildren()
  render(<Page />, page)
}
