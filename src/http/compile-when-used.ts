import { createRequire } from 'node:module'
import type { FastifyServerOptions } from 'fastify'

type Factories = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>
type Validator = ((data: unknown) => unknown) & { errors?: unknown }
type Serializer = (data: unknown) => string

const require = createRequire(import.meta.url)

/**
 * Returns Fastify's own compilers of schemas, each of which compiles a schema when something is first checked or
 * written by it. Compiling all of them, and loading what does, is a fifth of a start.
 */
export function compileWhenUsed (): Factories {
  return {
    buildValidator: buildValidator as unknown as NonNullable<Factories['buildValidator']>,
    buildSerializer: buildSerializer as unknown as NonNullable<Factories['buildSerializer']>
  }
}

function buildValidator (...args: unknown[]): (route: object) => Validator {
  const compiler = whenUsed(() => require('@fastify/ajv-compiler')()(...args) as (route: object) => Validator)
  return route => {
    const compiled = whenUsed(() => compiler()(route))
    const validate: Validator = data => {
      const validator = compiled()
      const result = validator(data)
      validate.errors = validator.errors
      return result
    }
    return validate
  }
}

function buildSerializer (...args: unknown[]): (route: object) => Serializer {
  const compiler = whenUsed(() => require(
    '@fastify/fast-json-stringify-compiler'
  )()(...args) as (route: object) => Serializer)
  return route => {
    const compiled = whenUsed(() => compiler()(route))
    return data => compiled()(data)
  }
}

function whenUsed<T> (make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
