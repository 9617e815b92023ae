import { after } from 'node:test'
import { storeContract } from '../store/contract.ts'
import { storeModel } from '../store/model.ts'
import { CALM_SENTINEL, startSentinel } from '../support/redis.ts'
import { redisAt } from './store.ts'

const sentinel = await startSentinel(CALM_SENTINEL)
after(() => sentinel.stop())
const store = redisAt(sentinel.url)

storeContract('Redis with sentinels', store)
storeModel('Redis with sentinels', store, 60)
