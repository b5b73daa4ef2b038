import { createRequire } from 'node:module'

/** Loads a package that is installed beside the peers' programs only. */
export const peer = createRequire(import.meta.url)
