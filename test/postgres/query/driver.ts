import t from 'tap'
import { mayBeError } from '../../../src/postgres/query/driver.js'

t.test('an error is looked for in an answer that begins with one, or with what may come before one', async t => {
  // https://www.postgresql.org/docs/current/protocol-message-formats.html
  const may = { ErrorResponse: 'E', NoticeResponse: 'N', ParameterStatus: 'S', NotificationResponse: 'A' }
  const not = { ParseComplete: '1', BindComplete: '2', DataRow: 'D', CommandComplete: 'C', ReadyForQuery: 'Z' }
  for (const [name, type] of Object.entries(may)) t.equal(mayBeError(Buffer.from(type)), true, name)
  for (const [name, type] of Object.entries(not)) t.equal(mayBeError(Buffer.from(type)), false, name)
})
