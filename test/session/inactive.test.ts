/** Connections that are silent and subscribed to nothing are closed (protocol.md 8.8). */
import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import { FakeClock, turn } from '../support/clock.ts'
import { SEND, signingKey, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { closed, type TlsConnection, TlsRelay } from '../support/wire-tls.ts'

const TTL = 3600
const INTERVAL = 600

interface Scene {
  readonly relay: TlsRelay
  /** Lets so many seconds pass, with a check at the end of them. */
  passes(seconds: number): Promise<void>
}

const withRelay = async (
  given: Readonly<Record<string, string>>,
  run: (scene: Scene) => Promise<void>,
): Promise<void> => {
  // only the relay's own interval is mocked: sockets have timers of their own
  mock.timers.enable({ apis: ['setInterval'] })
  const clock = new FakeClock()
  const relay = await TlsRelay.start(
    { inactiveTtlSeconds: `${TTL}`, inactiveIntervalSeconds: `${INTERVAL}`, ...given },
    { now: clock.now },
  )
  try {
    await run({
      relay,
      passes: async (seconds) => {
        clock.advance(seconds)
        mock.timers.tick(INTERVAL * 1000)
        await turn()
      },
    })
  } finally {
    await relay.close()
    mock.timers.reset()
  }
}

const pings = (client: WireClient<TlsConnection>): Promise<void> =>
  client.asks([unsigned, 'ping', '', 'PING'], 'PONG')

describe('an inactive connection', { timeout: 30_000 }, () => {
  test('is closed when it was silent for longer than the limit, and not before', () =>
    withRelay({}, async ({ relay, passes }) => {
      const client = await relay.connect()
      await pings(client)
      await passes(TTL)
      await pings(client)
      await passes(TTL)
      await pings(client)
      await passes(TTL + 1)
      await closed(client.connection.socket)
      await relay.holds(0)
    }))

  test('is closed only by a check', () =>
    withRelay({}, async ({ relay, passes }) => {
      const [silent, talking] = [await relay.connect(), await relay.connect()]
      await pings(silent)
      await passes(TTL - 1)
      await pings(talking)
      // both times only the silent one is over the limit
      await passes(2)
      await closed(silent.connection.socket)
      await pings(talking)
      await relay.holds(1)
      talking.leaves()
      await relay.holds(0)
    }))

  test('stays while it is subscribed to a queue or a notifier', () =>
    withRelay({}, async ({ relay, passes }) => {
      const nKey = signingKey()
      const [subscriber, notifier] = [await relay.connect(), await relay.connect()]
      const q = await subscriber.creates({ subscribe: true, notifierKey: nKey })
      await notifier.asks([nKey, 'nsub', q.notifier?.nid ?? '', 'NSUB'], 'SOK 0')
      await passes(10 * TTL)
      await pings(subscriber)
      await pings(notifier)
      // a take-over ends that
      const other = await relay.connect()
      await other.asks([q.key, 'sub', q.rid, 'SUB'], 'SOK 0')
      await subscriber.hears(['', q.rid, 'END'])
      await passes(TTL + 1)
      await closed(subscriber.connection.socket)
      await pings(notifier)
      for (const client of [notifier, other]) client.leaves()
      await relay.holds(0)
    }))

  test('stays while it is sent to, and is closed though it reads by GET', () =>
    withRelay({}, async ({ relay, passes }) => {
      const [getter, sender] = [await relay.connect(), await relay.connect()]
      const q = await getter.creates()
      await sender.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
      await getter.asks([q.key, 'get', q.rid, 'GET'], 'MSG F hello')
      await passes(TTL + 1)
      await closed(getter.connection.socket)
      await closed(sender.connection.socket)
      await relay.holds(0)
    }))

  test('stays for ever when the limit is 0', () =>
    withRelay({ inactiveTtlSeconds: '0' }, async ({ relay, passes }) => {
      const client = await relay.connect()
      await pings(client)
      await passes(1000 * TTL)
      await pings(client)
      client.leaves()
      await relay.holds(0)
    }))

  test('is dropped at once when it takes nothing any more', () =>
    withRelay({}, async ({ relay, passes }) => {
      const client = await relay.connect()
      const { socket } = client.connection
      const q = await client.creates()
      await client.asks([unsigned, 'send', q.sid, SEND('hello')], 'OK')
      socket.pause()
      // more than the network's buffers hold
      for (let count = 0; count < 1000; count++) client.says([q.key, 'get', q.rid, 'GET'])
      for (let turns = 0; turns < 1000; turns++) await turn()
      await passes(TTL + 1)
      for (let turns = 0; turns < 1000; turns++) await turn()
      assert.equal(socket.readableFlowing, false)
      await closedUnread(client)
      await relay.holds(0)
    }))
})

/** Resolves when the relay is gone though its last blocks are not read. */
const closedUnread = async ({
  connection: { socket },
}: WireClient<TlsConnection>): Promise<void> => {
  for (let turns = 0; turns < 10_000 && !socket.destroyed; turns++) {
    // only a peer that is gone refuses what is written
    socket.write(new Uint8Array(1))
    await turn()
  }
  assert.ok(socket.destroyed, 'the relay is gone')
}
