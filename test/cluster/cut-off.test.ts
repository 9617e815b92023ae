/** A pod that is told to stop while Redis is away. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connectSmp, openClient } from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { Pods } from '../support/pods.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { within } from '../support/within.ts'

let redis: RedisServer
before(async () => {
  redis = await startRedis()
})
after(() => redis.stop())

test('it ends within its bound, and its exit code says that something was cut off', {
  timeout: 120_000,
}, async () => {
  await using network = await TcpProxy.start(redis.port)
  const env = { SLUICE_DRAIN_SECONDS: '1', SLUICE_LOG_LEVEL: 'info' }
  await using pods = await Pods.start({ url: `${network.url}?prefix=cut:`, count: 1, env })
  const pod = pods.at(0)
  await using client = await openClient({ address: pod.address })
  const { credentials } = await client.createQueue({ subscribe: false })
  await using connection = await connectSmp({ address: pod.address })
  await using other = await connectSmp({ address: pod.address })
  network.drop()
  const { senderId: entityId } = credentials
  const command = { tag: 'SEND', notification: false, body: utf8Bytes('hello') } as const
  const answer = connection.request(command, { entityId }).catch((error: unknown) => error)
  // it has been read when later ones of another connection are answered
  for (let count = 0; count < 5; count += 1) await other.request({ tag: 'PING' })
  pod.signal('SIGTERM')
  assert.ok((await within('the end of the connection', answer)) instanceof Error)
  assert.equal(await within('the end of the pod', pod.exitCode()), 3, pod.log)
  assert.match(pod.log, /cut off with commands under way/)
})
