import type { FastifyBaseLogger } from 'fastify'

type Bindings = Parameters<FastifyBaseLogger['child']>[0]
type Options = NonNullable<Parameters<FastifyBaseLogger['child']>[1]>
type Serializers = Options['serializers']
type Write = (...args: unknown[]) => void
type Logger = FastifyBaseLogger & Record<string, unknown> & { isLevelEnabled: (level: string) => boolean }

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
/** Methods that concern a logger's own bindings. */
const own = ['child', 'bindings', 'setBindings', 'flush'] as const

/**
 * Defers the loggers that Fastify makes, one for each request: each becomes a child of the app's logger only when it
 * writes. Most requests log nothing, and pino writes the bindings of a child out when it is made; nor does a level of
 * their own cost anything, for which pino makes all methods of a child anew.
 */
export function deferRequestLoggers (log: FastifyBaseLogger): void {
  const child = log.child as Logger['child']
  const makers = new Map<string | undefined, Maker>()

  log.child = function (this: FastifyBaseLogger, bindings: Bindings, options: Options = {}) {
    if (this !== log || !isOfRequest(options)) return child.call(this, bindings, options)
    const { level, serializers } = options
    let maker = makers.get(level)
    if (maker === undefined) {
      maker = makerOf((level === undefined ? log : child.call(log, {}, { level })) as Logger, child)
      makers.set(level, maker)
    }
    return maker(bindings, serializers)
  } as typeof log.child
}

/** Whether a child logger is that of a request, for which Fastify sets at most a level and serializers. */
function isOfRequest (options: Options): boolean {
  for (const option in options) if (option !== 'level' && option !== 'serializers') return false
  return true
}

type Maker = (bindings: Bindings, serializers: Serializers) => FastifyBaseLogger

// A symbol: private fields of a class that is made for each parent would be slow, and plain fields could be seen.
const told = Symbol('bindings')
const serializersOf = Symbol('serializers')
const made = Symbol('made')

interface RequestLogger {
  [told]: Bindings
  [serializersOf]: Serializers
  [made]: Logger | undefined
}

/** Makes loggers that become children of a parent when they first write. Everything else they have is the parent's. */
function makerOf (parent: Logger, child: FastifyBaseLogger['child']): Maker {
  function make (logger: RequestLogger): Logger {
    const serializers = logger[serializersOf]
    // pino is faster without options.
    const rest = serializers === undefined ? [] as const : [{ serializers }] as const
    logger[made] ??= child.call(parent, logger[told], ...rest) as Logger
    return logger[made]
  }

  function RequestLogger (this: RequestLogger, bindings: Bindings, serializers: Serializers): void {
    this[told] = bindings
    this[serializersOf] = serializers
    this[made] = undefined
  }

  const prototype: Record<string, unknown> = Object.create(parent, {
    level: {
      get (this: RequestLogger) { return (this[made] ?? parent).level },
      set (this: RequestLogger, level: string) { make(this).level = level }
    }
  })
  for (const level of levels) {
    prototype[level] = function (this: RequestLogger, ...args: unknown[]) {
      if ((this[made] ?? parent).isLevelEnabled(level)) (make(this)[level] as Write)(...args)
    }
  }
  for (const name of own) {
    prototype[name] = function (this: RequestLogger, ...args: unknown[]) { return (make(this)[name] as Write)(...args) }
  }
  prototype.isLevelEnabled = function (this: RequestLogger, level: string) {
    return (this[made] ?? parent).isLevelEnabled(level)
  }
  RequestLogger.prototype = prototype

  const Made = RequestLogger as unknown as new (...args: Parameters<Maker>) => FastifyBaseLogger
  return (bindings, serializers) => new Made(bindings, serializers)
}
