/** A store that is closed at any moment of its start reports nothing as a fault. */
import { test } from 'node:test'
import { redisUrl } from '../support/redis.ts'
import { checkOpens } from './opening.ts'

/** Turns of the event loop between the store being open and its end. */
const TURNS = 12
const ROUNDS = 3

test('connections that become ready while the store closes are no fault', async () => {
  for (let round = 0; round < ROUNDS; round += 1)
    for (let turns = 0; turns < TURNS; turns += 1)
      await checkOpens({ url: await redisUrl(`${round}-${turns}:`) }, turns)
})
