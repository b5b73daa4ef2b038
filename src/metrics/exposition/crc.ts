/** The polynomial of CRC-32, bits in reverse. */
const polynomial = 0xedb88320

/** The polynomials 1 and x. */
const one = 0x80000000
const x = 0x40000000

/** x to the power of 8, 16, 32 and so on: of 2 to the power of 0, 1, 2 … bytes. */
const powers = [multiply(multiply(multiply(x, x), multiply(x, x)), multiply(multiply(x, x), multiply(x, x)))]

/**
 * Returns what `appendCrc` needs for a second text of so many bytes: the power of x that the first text's CRC is
 * multiplied by.
 */
export function shiftOf (bytes: number): number {
  let shift = one
  for (let place = 0, left = bytes; left > 0; place++, left = Math.floor(left / 2)) {
    const power = powers[place] ?? multiply(powers[place - 1] as number, powers[place - 1] as number)
    powers[place] = power
    if (left % 2 === 1) shift = multiply(power, shift)
  }
  return shift
}

/**
 * Returns the CRC-32 of two texts in a row from the CRC-32 of each, without reading them again, as zlib's
 * `crc32_combine` does.
 * @param shift - `shiftOf` the second text's length
 */
export function appendCrc (first: number, second: number, shift: number): number {
  return (multiply(shift, first) ^ second) >>> 0
}

/** Multiplies polynomials over two elements, modulo that of CRC-32. */
function multiply (one: number, other: number): number {
  let product = 0
  for (let bits = one | 0, factor = other; bits !== 0; bits <<= 1) {
    if (bits < 0) product ^= factor
    factor = (factor & 1) === 1 ? (factor >>> 1) ^ polynomial : factor >>> 1
  }
  return product >>> 0
}
