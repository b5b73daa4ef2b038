const prime = 1_099_511_628_211n
const offset = 14_695_981_039_346_656_037n
const separator = 255

/**
 * The fingerprint that Alertmanager gives an alert with these labels: FNV-1a, of 64 bits, over names and values in
 * order of name (https://github.com/prometheus/common/blob/main/model/signature.go).
 */
export function fingerprintOf (labels: Record<string, string>): string {
  const names = Object.keys(labels).sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  let hash = offset
  for (const part of names.flatMap(name => [name, labels[name] as string])) {
    for (const byte of [...Buffer.from(part), separator]) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime)
  }
  return hash.toString(16).padStart(16, '0')
}
