import assert from 'node:assert/strict'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { test } from 'node:test'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { countBuffersWithHeap, garbagePercentOf } from '../../src/collector.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'

const OBJECTS = 1_000_000
const BLOCKS = 60_000
/** In work at a time. */
const BLOCKS_HELD = 64
/** Without the setting there are more than ten. */
const MOST_COLLECTIONS = 4

interface Collection {
  readonly detail: { readonly kind: number }
}

test('blocks that come and go do not make V8 visit a large heap again and again', async () => {
  countBuffersWithHeap()
  const heap = Array.from({ length: OBJECTS }, (_, i) => ({ i, list: [i] }))
  let whole = 0
  const observer = new PerformanceObserver((list) => {
    const kinds = list.getEntries().map((entry) => (entry as unknown as Collection).detail.kind)
    whole += kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MAJOR).length
  })
  observer.observe({ entryTypes: ['gc'] })
  const held: Uint8Array[] = []
  for (let i = 0; i < BLOCKS; i++) {
    held[i % BLOCKS_HELD] = new Uint8Array(BLOCK_BYTES)
    if (i % BLOCKS_HELD === 0) await nextTurn()
  }
  // observers are told a turn later
  await delay(0)
  await nextTurn()
  observer.disconnect()
  assert.ok(whole <= MOST_COLLECTIONS, `${whole} collections of the whole heap`)
  assert.equal(heap.length, OBJECTS)
})

test('a heap of many queues may have more garbage than V8 chooses, and no other', () => {
  const megabyte = 1024 * 1024
  assert.equal(garbagePercentOf(30 * megabyte), 0)
  assert.equal(garbagePercentOf(600 * megabyte), 50)
})
