import { after } from 'node:test'
import { storeContract } from '../store/contract.ts'
import { storeModel } from '../store/model.ts'
import { CALM_CLUSTER, startCluster } from '../support/redis.ts'
import { redisAt } from './store.ts'

const cluster = await startCluster({ ...CALM_CLUSTER, primaries: 3, replicasEach: 1 })
after(() => cluster.stop())
const store = redisAt(cluster.url)

storeContract('Redis Cluster', store)
storeModel('Redis Cluster', store, 100)
