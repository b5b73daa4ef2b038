/**
 * Throws an Error that names what is in the way when something else has the name that a plugin gives what it adds to an
 * app. Fastify would name the decorator, and neither plugin.
 * @param taken - whether it has
 * @param other - the plugin that is known to add the same
 */
export function assertFree (taken: boolean, plugin: string, decorator: string, other?: string): void {
  if (!taken) return
  throw new Error(
    `${plugin} cannot be registered here, for app.${decorator} has been added by another plugin` +
    (other === undefined
      ? ': register only one of them, or each in a context of its own'
      : `, probably ${other}: take that out, for ${plugin} does what it does`)
  )
}
