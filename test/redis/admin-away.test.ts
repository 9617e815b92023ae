/** What operators are told while Redis is away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openClient } from '../../src/client/index.ts'
import { startTestRelay } from '../client/support/relay.ts'
import { Admin, adminToken, idText } from '../support/admin.ts'
import { startRedis } from '../support/redis.ts'

test('an operation without Redis is refused, and the settings are shown all the same', async () => {
  await using parts = new AsyncDisposableStack()
  const server = parts.adopt(await startRedis(), (one) => one.stop())
  const relay = parts.use(
    await startTestRelay({
      adminPort: '0',
      adminToken,
      redisUrl: server.url,
      clusterKeys: 'a1'.repeat(32),
    }),
  )
  const client = parts.use(await openClient({ address: relay.address }))
  const { senderId } = await client.createQueue()
  const admin = new Admin(relay.adminPort)
  assert.equal((await admin.queue('status', senderId)).status, 200)
  await server.stop()
  const asked = [
    admin.queue('status', senderId),
    admin.queue('block', senderId, { reason: 'spam' }),
    admin.queue('delete', senderId),
    admin.send('/v1/stats'),
  ]
  for (const { status, body } of await Promise.all(asked)) {
    assert.deepEqual([status, body.code], [503, 'store_unavailable'])
    assert.ok(!JSON.stringify(body).includes(idText(senderId)))
  }
  assert.equal((await admin.send('/v1/config')).status, 200)
})
