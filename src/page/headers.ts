/**
 * Returns the headers that let a browser run the page's own script and ask the service, and nothing else.
 * @param managementPort - a port of the same host that it may ask, too
 * @param hostname - the name that the browser knows that host by
 */
export function pageHeaders (hostname: string, managementPort: number | null): Record<string, string> {
  const further = managementPort === null || !isHostname(hostname) ? '' : ` http://${hostname}:${managementPort}`
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self'${further}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'"
  ]
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin'
  }
}

// The hostname comes from the request, and must not add anything to the policy.
function isHostname (text: string): boolean {
  return /^([\w.-]+|\[[\da-f:.]+\])$/i.test(text)
}
