import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { database } from './database.js'
import { journal } from './journal.js'
import { overview } from './overview.js'
import { runtime } from './runtime.js'

/** The dashboards, by the names of their files. */
export const dashboards: Readonly<Record<string, Dashboard>> = { overview, database, runtime, journal }
