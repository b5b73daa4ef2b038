import { createClient } from '../../../../src/postgres/client.js'
import { argument } from '../../control.js'
import { serveQueries, type Queries } from './queries.js'

serveQueries(createClient({ url: argument<Queries>().url }))
