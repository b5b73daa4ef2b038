import { useSignal } from '@preact/signals'
import { token } from '../data/ask.js'
import { soon } from '../data/monitor.js'
import { words } from './words.js'

/** Asks the reader for the token that guards the metrics. */
export function TokenForm () {
  const text = words.value
  const typed = useSignal('')
  const submit = (event: Event) => {
    event.preventDefault()
    token.value = typed.value.trim()
    soon()
  }
  return (
    <form class='card token' onSubmit={submit} aria-labelledby='token-title'>
      <h2 id='token-title'>{text.tokenTitle}</h2>
      <p>{text.tokenText}</p>
      <label>
        <span>{text.token}</span>
        <input
          type='password'
          autoComplete='off'
          required
          value={typed}
          onInput={({ currentTarget }) => { typed.value = currentTarget.value }}
        />
      </label>
      {token.value !== '' && <p class='bad' role='alert'>{text.tokenWrong}</p>}
      <button type='submit' class='primary'>{text.unlock}</button>
    </form>
  )
}
