/** What clients do beside the checks of the conformance suite, good and bad. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  connectSmp,
  type OpenClientOptions,
  openClient,
  openProxySession,
  type ServiceCertificate,
  type SmpClient,
} from '../../../src/client/index.ts'
import type { ServerAddress } from '../../../src/protocol/address.ts'
import { utf8Bytes } from '../../../src/protocol/bytes.ts'
import { makeIdentity } from '../../client/support/identity.ts'
import { next } from '../../client/support/next.ts'
import { type Admin, idText } from '../admin.ts'
import { nextText } from '../next-text.ts'
import { within } from '../within.ts'
import type { Seen } from './seen.ts'

const HOST = '127.0.0.1'

export interface Place {
  readonly address: ServerAddress
  readonly seen: Seen
}

const open = async (
  { address, seen }: Place,
  options: Partial<OpenClientOptions> = {},
): Promise<SmpClient> => {
  const client = await openClient({ address, backoff: { firstMs: 50 }, ...options })
  const { session } = await client.connection()
  // from here on all that the connection says and hears is seen
  Object.assign(session, seen.watch({ ...session }))
  return client
}

/** A queue with all that it has, a message through it, and its end. */
export const exchange = async (
  place: Place,
  options: Partial<OpenClientOptions> = {},
): Promise<void> => {
  await using client = await open(place, options)
  const queue = await client.createQueue({ notifier: true })
  const key = await client.makeSenderKey()
  place.seen.addAll({ queue: queue.credentials, key }, 'client')
  const sender = client.openSender({ senderId: queue.senderId, key })
  await sender.secure()
  await sender.send(utf8Bytes('a letter about zebras'))
  const message = await within('a message', next(queue.messages))
  place.seen.addAll({ id: message.id }, 'message')
  await message.ack()
  await queue.delete()
  await assert.rejects(sender.send(utf8Bytes('too late')))
}

/** Commands through the relay to itself, and to where nobody listens. */
export const route = async (
  place: Place,
  {
    from,
    nowhere,
  }: {
    readonly from: ServerAddress
    readonly nowhere: ServerAddress
  },
): Promise<void> => {
  await using client = await open(place)
  const queue = await client.createQueue()
  place.seen.addAll(queue.credentials, 'client')
  await using connection = await connectSmp({ address: from })
  const routed = await openProxySession(connection, place.address)
  place.seen.addAll(routed, 'proxy session')
  const body = utf8Bytes('zebras that take another way')
  await routed.request({ tag: 'SEND', notification: false, body }, { entityId: queue.senderId })
  assert.equal(await nextText(queue), 'zebras that take another way')
  await assert.rejects(openProxySession(connection, nowhere))
}

/** A service that takes over from itself, one that changes its role, and one that lies. */
export const serve = async (place: Place): Promise<void> => {
  const { chainPem, keyPem, keyHash, chain } = makeIdentity()
  const service: ServiceCertificate = { role: 'notifier', chainPem, keyPem }
  place.seen.addAll({ keyHash, chain }, 'service')
  await using recipient = await open(place)
  await using first = await open(place, { service })
  await using second = await open(place, { service })
  place.seen.addAll({ id: (await second.connection()).serviceId }, 'service')
  const queue = await recipient.createQueue()
  const notifier = await queue.addNotifier()
  place.seen.addAll({ queue: queue.credentials, notifier }, 'service')
  await first.openNotifier(notifier).subscribe()
  const taken = second.openNotifier(notifier)
  assert.equal(await second.subscribeService([taken]), 1n)
  const sender = recipient.openSender({ senderId: queue.senderId })
  await sender.send(utf8Bytes('for a service'), { notification: true })
  await within('NMSG', next(taken.notifications))
  await assert.rejects(open(place, { service: { ...service, role: 'messaging' } }))
  const other = makeIdentity()
  place.seen.addAll({ hash: other.keyHash, chain: other.chain }, 'service')
  const expired = makeIdentity('Ed25519', { now: new Date('2020-01-01'), days: 1 })
  place.seen.addAll({ hash: expired.keyHash, chain: expired.chain }, 'service')
  const lies = { role: 'notifier', chainPem: expired.chainPem, keyPem: expired.keyPem } as const
  await assert.rejects(open(place, { service: lies }))
}

/** What an operator may ask, and what a stranger may not. */
export const operate = async (place: Place, admin: Admin): Promise<void> => {
  await using client = await open(place)
  const queue = await client.createQueue()
  const { senderId } = queue
  place.seen.addAll(queue.credentials, 'operated')
  await client.openSender(queue).send(utf8Bytes('of little worth'))
  for (const [operation, more] of [
    ['status', {}],
    ['block', { reason: 'spam' }],
    ['unblock', {}],
    ['delete', {}],
  ] as const)
    assert.equal((await admin.queue(operation, senderId, more)).status, 200, operation)
  assert.equal((await admin.queue('status', senderId)).status, 404)
  const id = idText(senderId)
  for (const headers of [{}, { authorization: `Bearer ${id}` }]) {
    const init = { method: 'POST', headers, body: JSON.stringify({ id }) }
    assert.equal((await admin.fetch('/v1/queues/delete', init)).status, 401)
  }
  assert.equal((await admin.send(`/v1/queues/${id}?id=${id}`)).status, 404)
  assert.ok((await admin.post('/v1/queues/block', `{"id":"${id}`)).status >= 400)
  assert.ok((await admin.post('/v1/queues/block', { id, [id]: id })).status >= 400)
}

/** Resolves when it is closed, with an error or not. */
const endOf = (socket: Socket): Promise<void> =>
  within(
    'the end of the connection',
    new Promise((resolve) => socket.once('close', () => resolve())),
  )

/** Says something, and waits until the relay has had enough of it. */
const shout = async (port: number, bytes: Uint8Array | string): Promise<void> => {
  const socket = connect({ port, host: HOST })
  socket.on('error', () => undefined)
  socket.resume().end(bytes)
  await endOf(socket)
}

const shoutOverTls = async (port: number, alpn: string, bytes: Uint8Array): Promise<void> => {
  const socket = connectTls({ port, host: HOST, ALPNProtocols: [alpn], rejectUnauthorized: false })
  socket.on('error', () => undefined)
  socket.on('secureConnect', () => socket.end(bytes)).resume()
  await endOf(socket)
}

/** Handshakes that come to nothing; `mark` is in all that is said. */
export const disturb = async (port: number, mark: string): Promise<void> => {
  await shout(port, `GET /${mark} HTTP/1.1\r\nHost: ${mark}\r\n\r\n`)
  await shout(port, `PROXY TCP4 ${mark} 127.0.0.1 1 1\r\n`)
  await shout(port, randomBytes(500))
  await shout(port, Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3))
  const marked = Buffer.from(mark.repeat(16_384)).subarray(0, 16_384)
  await shoutOverTls(port, mark, marked)
  await shoutOverTls(port, 'smp/1', marked)
  await shoutOverTls(port, 'smp/1', Buffer.from([0, 40, 0, 18, 32, ...marked]).subarray(0, 16_384))
}
