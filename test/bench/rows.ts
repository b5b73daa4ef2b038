import type { Bench } from './bench.js'
import type { Result } from './result.js'
import { alerts } from './rows/alerts.js'
import { flat } from './rows/flat.js'
import { heap } from './rows/heap.js'
import { http } from './rows/http.js'
import { idle } from './rows/idle.js'
import { journal } from './rows/journal.js'
import { memory } from './rows/memory.js'
import { observer } from './rows/observer.js'
import { options } from './rows/options.js'
import { peers } from './rows/peers.js'
import { record } from './rows/record.js'
import { route } from './rows/route.js'
import { rules } from './rows/rules.js'
import { scrape } from './rows/scrape.js'
import { service } from './rows/service.js'
import { sql } from './rows/sql.js'
import { warm } from './rows/warm.js'

/** The rows of the benchmark, by the names that ask for them. */
export const rows: Record<string, (bench: Bench) => Promise<Result[]>> = {
  http,
  service,
  options,
  peers,
  warm,
  sql,
  alerts,
  route,
  journal,
  rules,
  record,
  scrape,
  observer,
  idle,
  memory,
  heap,
  flat
}
