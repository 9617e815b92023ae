/** How V8 collects garbage in the process of a relay. */
import { setFlagsFromString } from 'node:v8'

/** Of what is in use. */
const MOST_GARBAGE_PERCENT = 100

/**
 * Blocks are buffers outside of V8's heap. By default V8 visits its whole heap after each 64 MB of
 * them, a thousand messages or so: with half a million queues that took several times the CPU of
 * the messages themselves. With the first setting they count as what is in the heap does, whose
 * limit grows with its size, so that a message costs the same however many queues and connections
 * there are. That limit would be a tenth above what is in use, as little else comes into an old
 * heap; buffers of commands that wait for Redis reach it within seconds. With the second one it is
 * as much again.
 * Measured: 13 collections of a heap of 110 MB become 1 for 60,000 buffers; a message on a pod with
 * half a million subscriptions took 2.2 times that of a small pod, and 1.2 times.
 */
export const countBuffersWithHeap = (): void => {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString(`--heap-growing-percent=${MOST_GARBAGE_PERCENT}`)
}
