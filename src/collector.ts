/** How V8 collects garbage in the process of a relay. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

const LARGE_HEAP_BYTES = 128 * 1024 * 1024
/** Of what is in use; garbage of a large heap. */
const MOST_GARBAGE_PERCENT = 50
const WATCH_EVERY_MS = 10_000

/** In percent of what is in use; 0: as V8 chooses. For a heap with so many bytes of old objects. */
export const garbagePercentOf = (oldBytes: number): number =>
  oldBytes < LARGE_HEAP_BYTES ? 0 : MOST_GARBAGE_PERCENT

const oldBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ??
  0

/**
 * Blocks are buffers outside of V8's heap. By default V8 visits its whole heap after each 64 MB of
 * them, a thousand messages or so: with half a million queues that took several times the CPU of
 * the messages themselves. With this they count as what is in the heap does, whose limit grows with
 * its size: 13 collections of a heap of 110 MB became 1 for 60,000 buffers.
 */
export const countBuffersWithHeap = (): void =>
  setFlagsFromString('--external-memory-accounted-in-global-limit')

/**
 * V8 puts that limit a tenth above what a large heap has in use, as few objects become old; the
 * buffers of commands that wait for Redis do, and reach it within a second. So a large heap gets a
 * higher limit, and a small one, where V8 chooses better, does not (BENCHMARKS.md, "Scale").
 */
export const allowGarbageInLargeHeap = (): void => {
  if (isWatched) return
  isWatched = true
  setInterval(watch, WATCH_EVERY_MS).unref()
}

/** Of the process, whose heap it is. */
let isWatched = false

const watch = (): void =>
  setFlagsFromString(`--heap-growing-percent=${garbagePercentOf(oldBytes())}`)
