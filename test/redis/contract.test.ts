import { storeContract } from '../store/contract.ts'
import { redis } from './store.ts'

storeContract('Redis', redis)
