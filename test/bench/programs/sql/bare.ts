import { connect, serveQueries } from './queries.js'

serveQueries(connect())
