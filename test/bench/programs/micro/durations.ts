/** Seconds between 1 ms and 3 s, spread over the buckets, the same in every process. */
export function durations (): Float64Array {
  let state = 1
  return Float64Array.from({ length: 1024 }, () => {
    // Park and Miller's generator.
    state = state * 48271 % 2147483647
    return 0.001 * 3000 ** (state / 2147483647)
  })
}
