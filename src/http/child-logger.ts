import type { FastifyBaseLogger, FastifyServerOptions } from 'fastify'

type ChildLoggerFactory = NonNullable<FastifyServerOptions['childLoggerFactory']>

/**
 * Makes what gives each request of an app its logger. pino makes all methods of a child anew that has a level of its
 * own, so requests whose route has one get children of a child that is made once for the level.
 */
export function createChildLoggerFactory (): ChildLoggerFactory {
  const ofLevel = new Map<string, FastifyBaseLogger>()
  return (logger, bindings, { level, serializers }) => {
    let parent = logger
    if (level !== undefined) {
      parent = ofLevel.get(level) ?? logger.child({}, { level })
      ofLevel.set(level, parent)
    }
    // Without options it takes a shorter way.
    return serializers === undefined ? parent.child(bindings) : parent.child(bindings, { serializers })
  }
}
