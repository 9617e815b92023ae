import { storeModel } from '../store/model.ts'
import { redis } from './store.ts'

storeModel('Redis', redis, 250)
