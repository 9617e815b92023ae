import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 20
const DEADLINE_MS = 60_000

/** Asks again until it holds; what cannot be asked yet does not hold. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> => {
  const deadline = performance.now() + DEADLINE_MS
  let problem: unknown
  const holdsNow = async (): Promise<boolean> => {
    try {
      return await holds()
    } catch (error) {
      problem = error
      return false
    }
  }
  while (!(await holdsNow())) {
    assert.ok(
      performance.now() < deadline,
      `not in time: ${what} (${problem ?? 'it does not hold'})`,
    )
    await delay(POLL_MS)
  }
}
