import { createDashboard } from './dashboard.js'
import { errors } from './database-errors.js'
import { pool } from './database-pool.js'
import { queries } from './database-queries.js'
import { routes } from './database-routes.js'
import { server } from './database-server.js'
import { transactions } from './database-transactions.js'

/** Where the time of database queries goes: waiting for a connection, or executing. */
export const database = createDashboard({
  uid: 'vitals-database',
  title: 'Vitals / Database',
  description: 'Where the time of database queries goes, waiting for a connection or executing, and what the pool, ' +
    'transactions and errors say about it.',
  rows: [
    { title: 'Queries', panels: queries },
    { title: 'Routes', panels: routes },
    { title: 'Pool', panels: pool },
    { title: 'Transactions', panels: transactions },
    { title: 'Errors', panels: errors },
    { title: 'PostgreSQL and the machine', panels: server }
  ]
})
