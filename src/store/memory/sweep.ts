/** Periodic visits to everything in a map, a slice at a time so that commands go on between. */

const SLICE = 1000
/** Longer ones fire at once. */
const LONGEST_TIMER_MS = 0x7fff_ffff

/** Visits each value once an interval until stopped; returns the stop. */
export const sweep = <T>(
  map: ReadonlyMap<unknown, T>,
  intervalMs: number,
  visit: (value: T) => void,
): (() => void) => {
  let isStopped = false
  let isBusy = false
  const visitSlice = (values: Iterator<T>): void => {
    if (isStopped) return
    for (let count = 0; count < SLICE; count++) {
      const next = values.next()
      if (next.done) {
        isBusy = false
        return
      }
      visit(next.value)
    }
    setImmediate(visitSlice, values)
  }
  const timer = setInterval(
    () => {
      if (isBusy) return
      isBusy = true
      visitSlice(map.values())
    },
    Math.min(intervalMs, LONGEST_TIMER_MS),
  )
  timer.unref()
  return () => {
    isStopped = true
    clearInterval(timer)
  }
}
