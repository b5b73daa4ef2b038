import t from 'tap'
import { createTokenCheck } from '../../src/http/token-check.js'

const token = 'sésame: open=/+'
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`

t.test('a bearer of the token is let in', async t => {
  for (const browsers of [false, true]) {
    const check = createTokenCheck(token, browsers)
    for (const header of [`Bearer ${token}`, `bearer   ${token}`, `BEARER ${token}`]) t.ok(check(header), header)
    for (const header of [
      undefined, '', 'Bearer', 'Bearer ', `Bearer${token}`, ` Bearer ${token}`, `Bearer ${token} `, `Bearer x${token}`,
      `Bearer ${token.slice(1)}`, token, `Token ${token}`
    ]) t.notOk(check(header), `${header}`)
  }
})

t.test('a browser sends it as the password of any user, where that is allowed', async t => {
  const [check, strict] = [createTokenCheck(token, true), createTokenCheck(token, false)]
  for (const credentials of [`me:${token}`, `m:${token}`, `:${token}`]) {
    t.ok(check(basic(credentials)), credentials)
    t.ok(check(basic(credentials).replace('Basic', 'bAsIc')))
    t.notOk(strict(basic(credentials)), credentials)
  }
  for (const header of [
    basic(token), basic(`${token}:`), basic(`me:x${token}`), basic(`me:${token}x`), 'Basic', 'Basic ', 'Basic !',
    ` ${basic(`me:${token}`)}`, `${basic(`me:${token}`)} x`, `x${basic(`me:${token}`)}`
  ]) t.notOk(check(header), header)
  t.notOk(createTokenCheck('secret', true)(basic('secret')), 'a name is no password')
})
