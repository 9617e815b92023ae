/** How V8 collects garbage in the process of a relay. */
import { setFlagsFromString } from 'node:v8'

/** Of what is in use. */
const MOST_GARBAGE_PERCENT = 50

/**
 * Blocks are buffers outside of V8's heap. By default V8 visits its whole heap after each 64 MB of
 * them, a thousand messages or so: with half a million queues that took several times the CPU of
 * the messages themselves. With the first setting they count as what is in the heap does, whose
 * limit grows with its size. V8 puts that limit a tenth above what is in use, as few objects become
 * old; the buffers of commands that wait for Redis do, and reach it within a second. The second
 * setting is the limit (BENCHMARKS.md, "Scale", has what it costs and saves).
 * Measured: 13 collections of a heap of 110 MB become 1 for 60,000 buffers.
 */
export const countBuffersWithHeap = (): void => {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString(`--heap-growing-percent=${MOST_GARBAGE_PERCENT}`)
}
