import { crc32 } from 'node:zlib'
import t from 'tap'
import { appendCrc, shiftOf } from '../../../src/metrics/exposition/crc.js'

t.test('the CRC-32 of two texts in a row is that of the whole, whatever their lengths', async t => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 2_654_435_761) >>> 24))
  const lengths = [0, 1, 2, 3, 7, 8, 255, 256, 16_384, 65_535, 100_001, 200_000]
  for (const first of lengths) {
    for (const second of lengths.filter(length => first + length <= bytes.length)) {
      const [one, other] = [bytes.subarray(0, first), bytes.subarray(first, first + second)]
      t.equal(
        appendCrc(crc32(one), crc32(other), shiftOf(second)),
        crc32(bytes.subarray(0, first + second)),
        `${first} and ${second} bytes`
      )
    }
  }
})
