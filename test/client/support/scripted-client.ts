/** A self-healing client whose relay is written by the test, and whose clock it moves. */
import assert from 'node:assert/strict'
import { AsyncQueue } from '../../../src/client/async-queue.ts'
import { SmpClient } from '../../../src/client/client.ts'
import type { ReconnectOptions } from '../../../src/client/client-core.ts'
import type { ClientEvent } from '../../../src/client/client-events.ts'
import { HandshakeError } from '../../../src/client/errors.ts'
import type { NewQueueOptions } from '../../../src/client/new-queue.ts'
import type { RecipientQueue } from '../../../src/client/recipient-queue.ts'
import { type RecipientMessage, sealMessage } from '../../../src/crypto/message-box.ts'
import { nativeCrypto as crypto } from '../../../src/crypto/native.ts'
import { utf8Bytes } from '../../../src/protocol/bytes.ts'
import { idBytes, messageIdOf, recipientIdOf, senderIdOf } from '../../../src/protocol/ids.ts'
import type { Reply } from '../../../src/protocol/reply.ts'
import type { VersionRange } from '../../../src/protocol/version.ts'
import { connect, identity } from './connected.ts'
import { ManualTimers } from './manual-timers.ts'
import { next } from './next.ts'
import type { ScriptedServer } from './scripted-server.ts'

export interface Scripted {
  readonly client: SmpClient
  readonly timers: ManualTimers
  readonly events: AsyncIterable<ClientEvent>
  /** The server's side of the next connection. */
  nextServer(): Promise<ScriptedServer>
  /** The next connections fail. */
  refuse(count: number): void
}

export interface ScriptedOptions extends ReconnectOptions {
  readonly versions?: VersionRange
}

export const openScripted = async (options: ScriptedOptions = {}): Promise<Scripted> => {
  const timers = new ManualTimers()
  const servers = new AsyncQueue<ScriptedServer>()
  let refusals = 0
  const client = await SmpClient.open({
    server: { keyHash: identity.keyHash, hosts: ['localhost'] },
    crypto,
    timers,
    ...options,
    async open({ signal, onEvent }) {
      signal.throwIfAborted()
      if (refusals > 0) {
        refusals -= 1
        throw new HandshakeError('unreachable', 'the relay is down')
      }
      const { versions } = options
      const { connection, server } = await connect({
        timers,
        onEvent,
        ...(versions && { versions }),
      })
      servers.push(server)
      return connection
    },
  })
  return {
    client,
    timers,
    events: client.events(),
    nextServer: () => next(servers),
    refuse(count) {
      refusals = count
    },
  }
}

/** The next event, which must have this tag. */
export const expectEvent = async <T extends ClientEvent['tag']>(
  { events }: Scripted,
  tag: T,
): Promise<Extract<ClientEvent, { readonly tag: T }>> => {
  const event = await next(events)
  assert.equal(event.tag, tag)
  return event as Extract<ClientEvent, { readonly tag: T }>
}

/** Breaks the connection and lets the client make the next one. */
export const reconnect = async (scripted: Scripted, server: ScriptedServer) => {
  server.end.close()
  const { retryMs } = await expectEvent(scripted, 'disconnected')
  scripted.timers.advance(retryMs)
  return scripted.nextServer()
}

/** A queue of the relay in a test. */
export interface ServerQueue {
  readonly queue: RecipientQueue
  readonly entityId: string
  /** Message number `i`, as it is delivered. */
  message(i: number, message?: Partial<RecipientMessage>): Reply<'MSG'>
}

export const createQueue = async (
  client: SmpClient,
  server: ScriptedServer,
  options?: NewQueueOptions,
): Promise<ServerQueue> => {
  const creating = client.createQueue(options)
  const request = await server.expect('NEW')
  const { privateKey, publicKey } = crypto.generateKeyPair('X25519')
  const secret = crypto.x25519(privateKey, request.command.dhKey.raw)
  assert.ok(secret)
  const recipientId = recipientIdOf(crypto.randomBytes(24))
  const senderId = senderIdOf(crypto.randomBytes(24))
  server.answer(request, {
    tag: 'IDS',
    recipientId,
    senderId,
    serverDhKey: publicKey,
    mode: 'messaging',
  })
  return {
    queue: await creating,
    entityId: recipientId,
    message(i, changes = {}) {
      const messageId = messageIdOf(new Uint8Array(24).fill(i))
      const message = {
        tag: 'message',
        timestamp: 1_700_000_000 + i,
        notification: false,
        body: utf8Bytes(`message ${i}`),
        ...changes,
      } as RecipientMessage
      const body = sealMessage(crypto, { secret, messageId: idBytes(messageId) }, message)
      return { tag: 'MSG', messageId, body }
    },
  }
}
