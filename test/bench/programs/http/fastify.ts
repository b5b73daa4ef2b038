// A Fastify with some of our plugins or, bare, with none.
import type { FastifyPluginAsync } from 'fastify'
import type { MetricsOptions } from '../../../../plugins/metrics.js'
import { argument } from '../../control.js'
import { patient, patientPressure } from '../patience.js'
import { serveHello, type Hello } from './hello.js'

export type Plugin = keyof typeof imports

export interface Ours extends Hello {
  plugins?: Plugin[]
  /** Options of the plugin `metrics`. */
  metrics?: MetricsOptions
  /** Gives `metrics` functions that say of each route how it is named and labelled. */
  byRoute?: boolean
  /** Loads the plugins before Fastify, not after it. */
  pluginsFirst?: boolean
  /** The database of the plugin `postgres`. */
  url?: string
}

const { plugins = [], metrics = {}, byRoute = false, logger = false, pluginsFirst = false, url = '' } = argument<Ours>()

const imports = {
  metrics: async () => await import('../../../../plugins/metrics.js'),
  health: async () => await import('../../../../plugins/health.js'),
  pressure: async () => await import('../../../../plugins/pressure.js'),
  postgres: async () => await import('../../../../plugins/postgres.js')
}

const functions = byRoute && { routeName: () => 'hello', routeLabels: { team: () => 'greeters' } }
const options = {
  metrics: patient({ ...metrics, ...functions }),
  health: {},
  pressure: patientPressure,
  postgres: { url }
}

const load = async () =>
  await Promise.all(plugins.map(async plugin => [plugin, (await imports[plugin]()).default] as const))

const before = pluginsFirst ? await load() : undefined
const { fastify } = await import('fastify')
const app = fastify({ logger })
for (const [name, plugin] of before ?? await load()) await app.register(plugin as FastifyPluginAsync, options[name])
await serveHello(app)
