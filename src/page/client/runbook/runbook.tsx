import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { address, place } from '../ui/router.js'
import { words } from '../ui/words.js'

/** The runbook, once it is known: a document of /runbook has brought it. */
let known = document.querySelector('#page > article')

interface Entry {
  id: string
  name: string
  isAlert: boolean
}

/** Shows what each alert means and what to do, with a list of the alerts. */
export function Runbook () {
  const text = words.value
  const frame = useRef<HTMLDivElement>(null)
  const entries = useSignal<Entry[]>([])
  const { anchor } = place.value

  useEffect(() => {
    readRunbook().then(article => {
      frame.current?.replaceChildren(article)
      for (const block of article.querySelectorAll('pre, table')) block.setAttribute('tabindex', '0')
      const titles = [...article.querySelectorAll('h2, h3')]
      entries.value = titles.map(({ id, textContent, tagName }) =>
        ({ id, name: textContent, isAlert: tagName === 'H3' }))
      scrollToAnchor(location.hash.slice(1))
    }, () => {})
  }, [])
  useEffect(() => { scrollToAnchor(anchor) }, [anchor])

  return (
    <div class='runbook'>
      <nav aria-label={text.onThisPage}>
        <h2 class='unseen'>{text.onThisPage}</h2>
        <ul>
          {entries.value.map(({ id, name, isAlert }) => (
            <li key={id} class={isAlert ? '' : 'group'}>
              <a href={`${address('/runbook')}#${id}`} aria-current={id === anchor ? 'true' : undefined}>{name}</a>
            </li>
          ))}
        </ul>
      </nav>
      <div>
        {text.runbookOther !== '' && <p class='quiet'>{text.runbookOther}</p>}
        <div ref={frame} />
      </div>
    </div>
  )
}

function scrollToAnchor (anchor: string): void {
  if (anchor !== '') document.getElementById(decodeURIComponent(anchor).toLowerCase())?.scrollIntoView()
}

async function readRunbook (): Promise<Element> {
  if (known !== null) return known
  const document = await new Promise<Document>((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.responseType = 'document'
    request.addEventListener('load', () => { resolve(request.response) })
    request.addEventListener('error', reject)
    request.open('GET', address('/runbook'))
    request.send()
  })
  known = document.querySelector('article')
  if (known === null) throw new Error('The service has no runbook')
  return known
}
