/** Two pods of a cluster, of which one's way to Redis ends after so many writes. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import { type Pod, startPods } from '../store/cluster.ts'
import { CuttingProxy } from '../support/redis/cutting-proxy.ts'
import { startRedis, withPrefix } from '../support/redis.ts'
import { redisThrough } from './store.ts'

/** Of the test file that asks for it. */
export const server = await startRedis()
/** Pods without Redis take their time to close. */
const closing: Promise<void>[] = []
after(async () => {
  await Promise.all(closing)
  await server.stop()
})

export interface Cuttable {
  readonly pod: Pod
  /** The one behind the proxy. */
  readonly cutPod: Pod
  readonly proxy: CuttingProxy
  /** Of the cluster's keys. */
  readonly prefix: string
}

/** `isRotating` as for `redisThrough`. */
export const withCuttable = async <T>(
  options: { readonly isRotating?: boolean },
  run: (at: Cuttable) => Promise<T>,
): Promise<T> => {
  const prefix = `${randomBytes(6).toString('hex')}:`
  const proxy = await CuttingProxy.start(server.port)
  const urls = [server.url, proxy.url].map((url) => withPrefix(url, prefix))
  const { pod, others, close } = await startPods(redisThrough(urls, options), { pods: 2 })
  try {
    const [cutPod] = others
    assert.ok(cutPod)
    return await run({ pod, cutPod, proxy, prefix })
  } finally {
    closing.push(close().finally(() => proxy.stop()))
  }
}
