import { Type, type Static } from '../schema.js'
import { path } from '../plugin/schema.js'

/** The options of the plugin `management`. */
export const managementOptions = Type.Object({
  /**
   * Paths whose routes are for operators only; routes below them, and by default metrics wherever they are, too.
   * @default ['/metrics','/docs']
   */
  private: Type.Optional(Type.Array(path({
    pattern: '^/[^?#*]*$',
    allowed: 'a path that begins with /, without ?, # and *, and guards what is below it, too'
  }), {
    default: ['/metrics', '/docs'],
    description: 'Paths whose routes are for operators only; those below them, and unless this is set metrics ' +
      'wherever they are served, too'
  })),
  /** Token that private routes ask for, as a bearer token or the password of any user; none when empty. @default '' */
  token: Type.Optional(Type.String({
    pattern: '^([!-~]([ -~]*[!-~])?)?$',
    allowed: 'of letters, digits and signs of ASCII, without a space or a line break at either end',
    secret: true,
    default: '',
    description: 'Token that they ask for, as a bearer token or as the password of any user; none when empty'
  }))
}, { additionalProperties: false })

export type ManagementOptions = Static<typeof managementOptions>
