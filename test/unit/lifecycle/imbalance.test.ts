import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Imbalance } from '../../../src/lifecycle/imbalance.ts'

/** Pods and a load balancer that gives each closed connection to one of them. */
class Cluster {
  readonly loads: number[]
  readonly rules: readonly Imbalance[]
  closed = 0

  constructor(...loads: number[]) {
    this.loads = loads
    this.rules = loads.map(() => new Imbalance())
  }

  /** @param place for the connection closed by `pod`, the n-th of all */
  rounds(count: number, place: (n: number, pod: number) => number): void {
    for (let round = 0; round < count; round += 1) {
      const seen = [...this.loads]
      this.rules.forEach((rule, pod) => {
        const closing = rule.next(seen[pod] ?? 0, seen)
        for (let i = 0; i < closing; i += 1) {
          this.loads[pod] = (this.loads[pod] ?? 0) - 1
          const to = place(this.closed, pod)
          this.loads[to] = (this.loads[to] ?? 0) + 1
          this.closed += 1
        }
      })
    }
  }
}

describe('an imbalance', () => {
  test('between three pods and a new one comes to an end, and stays there', () => {
    const cluster = new Cluster(10_000, 10_000, 10_000, 0)
    const turnByTurn = (n: number): number => n % 4
    cluster.rounds(120, turnByTurn)
    const [first = 0, , , last = 0] = cluster.loads
    assert.ok(first < 8300 && last > 5000, `${cluster.loads}`)
    const { closed } = cluster
    cluster.rounds(200, turnByTurn)
    assert.equal(cluster.closed, closed, 'no swinging')
  })

  test('gives up at most a hundredth in a round, and nothing in the first two', () => {
    const rule = new Imbalance()
    const next = () => rule.next(10_000, [10_000, 0])
    assert.deepEqual([next(), next(), next(), next()], [0, 0, 100, 100])
  })

  test('needs three rounds in a row', () => {
    const rule = new Imbalance()
    const uneven = () => rule.next(10_000, [10_000, 1000])
    const even = () => rule.next(10_000, [10_000, 10_000])
    assert.deepEqual([uneven(), uneven(), even(), uneven(), uneven()], [0, 0, 0, 0, 0])
    assert.ok(uneven() > 0)
  })

  test('is none where there are few connections, one pod, or nearly the same everywhere', () => {
    for (const all of [[500, 0, 0], [10_000], [10_000, 8_500, 8_000], [0, 0], [100, 10_000]]) {
      const rule = new Imbalance()
      for (let round = 0; round < 20; round += 1) assert.equal(rule.next(all[0] ?? 0, all), 0)
    }
  })

  test('that does not become less is left alone for an hour', () => {
    const cluster = new Cluster(10_000, 1000)
    const sticky = (_: number, pod: number): number => pod
    cluster.rounds(15, sticky)
    assert.equal(cluster.rules[0]?.isFutile, true)
    const { closed } = cluster
    assert.equal(closed, 1200)
    cluster.rounds(359, sticky)
    assert.equal(cluster.closed, closed)
    cluster.rounds(5, sticky)
    assert.ok(cluster.closed > closed)
  })
})
