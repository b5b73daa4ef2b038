import postgres from 'postgres'
import { argument } from '../../control.js'
import { serveQueries, type Queries } from './queries.js'

serveQueries(postgres(argument<Queries>().url, { max: 10, fetch_types: false }))
