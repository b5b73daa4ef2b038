import postgres from 'postgres'
import { argument } from '../../control.js'
import { serveQueries, type Queries } from './queries.js'

const { url, pipeline } = argument<Queries>()
serveQueries(postgres(url, { max: 10, fetch_types: false, ...pipeline !== undefined && { max_pipeline: pipeline } }))
