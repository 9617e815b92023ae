import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerError, ProxyError } from '../../../src/protocol/error.ts'
import { type Reply, refusal } from '../../../src/protocol/reply.ts'
import { type Counts, ProxyStatistics } from '../../../src/proxy/statistics.ts'

const none: Counts = {
  ...{ requests: 0, successes: 0 },
  ...{ connectErrors: 0, compatibilityErrors: 0, otherErrors: 0 },
}
const proxy = (error: ProxyError) => refusal({ code: 'PROXY', proxy: error })
const broker = (error: BrokerError) => proxy({ code: 'BROKER', error })
const pkey: Reply<'PKEY'> = {
  tag: 'PKEY',
  sessionId: new Uint8Array(32),
  versions: { min: 8, max: 17 },
  chain: [new Uint8Array(1)],
  signedKey: new Uint8Array(1),
}

test('sessions count by how they failed, those of own relays twice', () => {
  const statistics = new ProxyStatistics()
  statistics.addSession(pkey, true)
  statistics.addSession(pkey, false)
  for (const code of ['NETWORK', 'TIMEOUT'] as const) statistics.addSession(broker({ code }), false)
  statistics.addSession(refusal({ code: 'INTERNAL' }), false)
  for (const transport of ['VERSION', 'NO_AUTH'] as const)
    statistics.addSession(broker({ code: 'TRANSPORT', transport }), true)
  statistics.addSession(broker({ code: 'TRANSPORT', transport: 'HANDSHAKE BAD_AUTH' }), false)
  statistics.addSession(broker({ code: 'HOST' }), false)
  assert.deepEqual(statistics.sessions, {
    all: { requests: 9, successes: 2, connectErrors: 3, compatibilityErrors: 2, otherErrors: 2 },
    own: { ...none, requests: 3, successes: 1, compatibilityErrors: 2 },
  })
  assert.deepEqual(statistics.commands, { all: none, own: none })
})

test('commands count as done when the other relay answered, whatever it did', () => {
  const statistics = new ProxyStatistics()
  statistics.addCommand({ tag: 'PRES', response: new Uint8Array(1) }, true)
  statistics.addCommand(proxy({ code: 'PROTOCOL', error: { code: 'AUTH' } }), true)
  statistics.addCommand(proxy({ code: 'NO_SESSION' }), false)
  statistics.addCommand(broker({ code: 'TIMEOUT' }), false)
  statistics.addCommand(refusal({ code: 'CRYPTO' }), false)
  assert.deepEqual(statistics.commands, {
    all: { ...none, requests: 5, successes: 2, connectErrors: 1, otherErrors: 2 },
    own: { ...none, requests: 2, successes: 2 },
  })
})
