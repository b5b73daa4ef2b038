/** A name that a label may have: Prometheus keeps those that begin with two underscores for itself. */
export const validLabel = /^(?!__)[a-zA-Z_]\w*$/
