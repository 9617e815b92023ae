import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CpuClock, measureCpu } from '../../../bench/measured.ts'

/** A process that the work makes busy. */
class Worker implements CpuClock {
  #user = 1000
  #system = 100

  work(user: number, system: number): void {
    this.#user += user
    this.#system += system
  }

  async cpu() {
    return { user: this.#user, system: this.#system }
  }
}

test('the cost of work is that of all processes together, from before it to after', async () => {
  const [one, other] = [new Worker(), new Worker()]
  one.work(5000, 500)
  const { value, cpu, systemCpu } = await measureCpu([one, other], async () => {
    one.work(30, 3)
    other.work(40, 4)
    return 'done'
  })
  assert.deepEqual({ value, cpu, systemCpu }, { value: 'done', cpu: 77, systemCpu: 7 })
})

test('a process that has no part in the work costs nothing', async () => {
  const { cpu } = await measureCpu([new Worker()], async () => {})
  assert.equal(cpu, 0)
})
