import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AsyncQueue } from '../../src/client/async-queue.ts'
import { collect } from './support/next.ts'

const done = { value: undefined, done: true }

describe('AsyncQueue', () => {
  it('gives what was pushed, before and after it was asked for', async () => {
    const queue = new AsyncQueue<number>()
    queue.push(1)
    queue.push(2)
    assert.equal(queue.size, 2)
    const taken = [queue.next(), queue.next(), queue.next(), queue.next()]
    queue.push(3)
    queue.push(4)
    assert.deepEqual(
      (await Promise.all(taken)).map(({ value }) => value),
      [1, 2, 3, 4],
    )
    assert.equal(queue.size, 0)
  })

  it('ends after the items it holds', async () => {
    const queue = new AsyncQueue<number>()
    queue.push(1)
    queue.end()
    queue.push(2)
    const taken: number[] = []
    for await (const item of queue) taken.push(item)
    assert.deepEqual(taken, [1])
    assert.deepEqual(await queue.next(), done)
  })

  it('fails after the items it holds, for those who wait and those who come', async () => {
    const waiting = new AsyncQueue<number>()
    const next = waiting.next()
    waiting.end(new Error('broken'))
    await assert.rejects(next, /broken/)
    const queue = new AsyncQueue<number>()
    queue.push(1)
    queue.end(new Error('broken'))
    queue.end()
    assert.equal((await queue.next()).value, 1)
    await assert.rejects(queue.next(), /broken/)
    await assert.rejects(queue.next(), /broken/)
  })

  it('outlives a loop that is left', async () => {
    const queue = new AsyncQueue<number>()
    for (const item of [1, 2, 3]) queue.push(item)
    for await (const item of queue) if (item === 2) break
    assert.equal((await queue.next()).value, 3)
  })

  it('takes items out of any place', async () => {
    for (const removed of [1, 2, 3]) {
      const queue = new AsyncQueue<number>()
      for (const item of [1, 2, 3]) queue.push(item)
      assert.equal(queue.remove(removed), true)
      assert.equal(queue.remove(removed), false)
      queue.push(4)
      queue.end()
      assert.deepEqual(
        await collect(queue),
        [1, 2, 3, 4].filter((item) => item !== removed),
      )
    }
  })

  it('drops the oldest beyond its limit', async () => {
    const queue = new AsyncQueue<number>({ limit: 2 })
    for (const item of [1, 2, 3, 4]) queue.push(item)
    queue.end()
    assert.deepEqual(await collect(queue), [3, 4])
  })

  it('tells of each item taken', async () => {
    let taken = 0
    const queue = new AsyncQueue<number>({ onTaken: () => taken++ })
    queue.push(1)
    assert.equal(taken, 0)
    await queue.next()
    assert.equal(taken, 1)
  })
})
