/** Runs once, before and after all test files; they inherit the environment that it sets. */
import { RedisAddressError } from '../../src/store/redis/address.ts'
import { thisMachine } from './redis/find.ts'
import { NoRedis } from './redis/launcher.ts'
import { type SharedRedis, shareRedis } from './redis/shared.ts'

let shared: SharedRedis | undefined

export const globalSetup = async (): Promise<void> => {
  try {
    shared = await shareRedis(thisMachine())
    process.env.SLUICE_TEST_REDIS_URL = shared.url
  } catch (error) {
    if (!(error instanceof NoRedis || error instanceof RedisAddressError)) throw error
    // one line, where a thrown error would be a stack
    console.error(error.message)
    process.exit(1)
  }
}

export const globalTeardown = async (): Promise<void> => {
  await shared?.stop()
}
