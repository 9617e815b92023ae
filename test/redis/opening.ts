/** A store that is opened to see whether it can be. */
import assert from 'node:assert/strict'
import { limits } from '../store/cluster.ts'
import { newClusterKey, redisExactlyAt } from './store.ts'

interface Opening {
  readonly url: string
  /** PEM. */
  readonly ca?: string
}

const open = (opening: Opening) =>
  redisExactlyAt({ ...opening, clusterKey: newClusterKey() }).start([
    { deliver: () => {}, now: Date.now, limits },
  ])

/** Fails when the store tells of a fault until it is closed. */
export const checkOpens = async (opening: Opening): Promise<void> => {
  const { close } = await open(opening)
  await close()
}

/** Refused with one line, which operators read in the log. */
export const checkRefusal = async (opening: Opening, line: RegExp): Promise<void> => {
  const error: unknown = await open(opening).then(
    ({ close }) => close(),
    (problem: unknown) => problem,
  )
  assert.ok(error instanceof Error, 'it is refused')
  assert.match(error.message, line)
  assert.doesNotMatch(error.message, /\n/)
  const { password } = new URL(opening.url)
  assert.ok(password === '' || !error.message.includes(password), 'the password is told to nobody')
}
