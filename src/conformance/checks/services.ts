/** Services (SMP, 10): sessions with a service certificate. SMP-X-011 and 012 were of no check. */
import { HandshakeError } from '../../client/errors.ts'
import type { ServiceSession } from '../../client/service.ts'
import type { ServiceCertificate } from '../../client/service-certificate.ts'
import { type Check, expectSame, Mismatch } from '../check.ts'
import { DEL, NDEL, NSUB, NSUBS, SEND, SUB, signingKey } from '../commands.ts'
import { queues, services } from '../facts.ts'
import type { Line } from '../line.ts'
import { makeService } from '../made-service.ts'
import type { Peer } from '../peer.ts'
import { notifiedMessage } from '../queue.ts'
import type { Scene } from '../scene.ts'
import { ordinaryChecks } from './service-commands.ts'
import { type Noticed, noticed } from './steps.ts'

const needs = [services, queues]
const NAMED = 'SOK with a service'

interface Member {
  readonly peer: Peer
  readonly session: ServiceSession
}

const join = async (scene: Scene, name: string, service: ServiceCertificate): Promise<Member> => {
  const peer = await scene.connect(name, { service })
  const { service: session } = peer.session
  if (session === undefined) throw new Mismatch('the session of a service', 'an ordinary one')
  scene.names.set(session.serviceId, 'the service id')
  return { peer, session }
}

/** Two connections of one service. */
const joinTwice = async (scene: Scene): Promise<readonly [Member, Member]> => {
  const service = makeService('notifier')
  return [await join(scene, 'first', service), await join(scene, 'second', service)]
}

const nsub = ({ session }: Member, { key, notifier }: Noticed): Line => [
  { session, queueKey: key },
  notifier.id,
  NSUB,
]

const nsubs = ({ session }: Member): Line => [{ session }, session.serviceId, NSUBS]

/** NSUB, which has to name the service. */
const associate = async (member: Member, one: Noticed): Promise<void> => {
  const line = nsub(member, one)
  const { serviceId } = await member.peer.request(line, 'SOK')
  if (serviceId !== member.session.serviceId)
    throw new Mismatch('SOK with the id of the session’s service', 'SOK with another, or none')
}

/** A service, a connection of it, and a notifier that is its own. */
const associated = async (scene: Scene) => {
  const recipient = await scene.connect('recipient')
  const one = await noticed(scene, recipient)
  const service = makeService('notifier')
  const first = await join(scene, 'first', service)
  await associate(first, one)
  return { recipient, one, service, first }
}

const ended = ({ peer, session }: Member, count: number) =>
  peer.hear(session.serviceId, `ENDS ${count}`)

const send = async (scene: Scene, { queue }: Noticed, body: string): Promise<void> => {
  const sender = await scene.connect('sender')
  await sender.expect([undefined, queue.sid, SEND(body, true)], 'OK')
}

export const serviceChecks: readonly Check[] = [
  ...ordinaryChecks,
  {
    id: 'SMP-X-021',
    title: 'NSUB in the session of a service is signed by it too, and answered with its id',
    section: '14.1.20',
    needs,
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const one = await noticed(scene, recipient)
      const member = await join(scene, 'service', makeService('notifier'))
      await member.peer.expect([one.key, one.notifier.id, NSUB], 'ERR SERVICE')
      const wrong = { queue: one.key, service: signingKey() }
      await member.peer.expect([wrong, one.notifier.id, NSUB], ['ERR SERVICE', 'ERR AUTH'])
      for (const _ of ['first', 'again']) await associate(member, one)
    },
  },
  {
    id: 'SMP-X-022',
    title: 'NSUB on another connection of the service is ENDS for the first',
    section: '14.1.20',
    needs,
    async run(scene) {
      const { one, service, first } = await associated(scene)
      const second = await join(scene, 'second', service)
      expectSame('a service has one id', second.session.serviceId, first.session.serviceId)
      await associate(second, one)
      await ended(first, 1)
    },
  },
  {
    id: 'SMP-X-023',
    title: 'NSUBS counts the notifiers of the service and takes them over from the first',
    section: '14.1.20',
    needs,
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const [first, second] = await joinTwice(scene)
      await first.peer.expect(nsubs(first), 'SOKS 0')
      for (const _ of ['one', 'two']) await associate(first, await noticed(scene, recipient))
      await second.peer.expect(nsubs(second), 'SOKS 2')
      await ended(first, 2)
      await second.peer.expect(nsubs(second), 'SOKS 2')
    },
  },
  {
    id: 'SMP-X-024',
    title:
      'NMSG of all its notifiers goes to the connection that holds the service, and to no other',
    section: '14.1.20',
    needs,
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const [first, second] = await joinTwice(scene)
      const all = [await noticed(scene, recipient), await noticed(scene, recipient)]
      for (const one of all) await associate(first, one)
      await second.peer.expect(nsubs(second), `SOKS ${all.length}`)
      await ended(first, all.length)
      for (const one of all) {
        await send(scene, one, 'for the service')
        const { reply } = await second.peer.hear(one.notifier.id, 'NMSG')
        if (reply?.tag !== 'NMSG') throw new Mismatch('NMSG', 'something else')
        // it opens with the notifier's secret
        notifiedMessage(one.notifier, reply)
      }
      await first.peer.quiet()
    },
  },
  {
    id: 'SMP-X-025',
    title: 'NDEL and DEL are DELD for the service, which then has one notifier less',
    section: '14.1.20',
    needs,
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const member = await join(scene, 'service', makeService('notifier'))
      const [removed, deleted, kept] = [
        await noticed(scene, recipient),
        await noticed(scene, recipient),
        await noticed(scene, recipient),
      ]
      for (const one of [removed, deleted, kept]) await associate(member, one)
      await recipient.expect([removed.queue.key, removed.queue.rid, NDEL], 'OK')
      await member.peer.hear(removed.notifier.id, 'DELD')
      await recipient.expect([deleted.queue.key, deleted.queue.rid, DEL], 'OK')
      await member.peer.hear(deleted.notifier.id, 'DELD')
      await member.peer.expect(nsubs(member), 'SOKS 1')
    },
  },
  {
    id: 'SMP-X-026',
    title: 'the association of notifiers with a service lasts when its connections have ended',
    section: '14.1.21',
    needs,
    async run(scene) {
      const { one, service, first } = await associated(scene)
      first.peer.close()
      await first.peer.ended
      await send(scene, one, 'while nobody listens')
      const second = await join(scene, 'second', service)
      expectSame('the id is the same', second.session.serviceId, first.session.serviceId)
      await second.peer.expect(nsubs(second), 'SOKS 1')
      await second.peer.hear(one.notifier.id, 'NMSG')
    },
  },
  {
    id: 'SMP-X-027',
    title: 'NSUB of an ordinary connection takes the notifier from its service, which hears END',
    section: '14.1.21',
    needs,
    async run(scene) {
      const { one, service, first } = await associated(scene)
      const ordinary = await scene.connect('ordinary')
      await ordinary.expect([one.key, one.notifier.id, NSUB], 'SOK')
      await first.peer.hear(one.notifier.id, 'END')
      const later = await join(scene, 'service later', service)
      await later.peer.expect(nsubs(later), 'SOKS 0')
    },
  },
  {
    id: 'SMP-X-028',
    title: 'a certificate is bound to its first role',
    section: '10',
    needs: [services],
    async run(scene) {
      const service = makeService('notifier')
      await join(scene, 'service', service)
      try {
        await join(scene, 'in another role', { ...service, role: 'messaging' })
      } catch (error) {
        if (error instanceof HandshakeError && error.message.endsWith('HANDSHAKE BAD_SERVICE'))
          return
        throw error
      }
      throw new Mismatch('HANDSHAKE BAD_SERVICE', 'a session')
    },
  },
  {
    id: 'SMP-X-029',
    title: 'the role of a service restricts its session',
    section: '10',
    needs,
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const { queue } = await noticed(scene, recipient)
      const { peer, session } = await join(scene, 'service', makeService('notifier'))
      await peer.table(
        [{ session, queueKey: queue.key }, queue.rid, SUB, 'ERR CMD PROHIBITED'],
        [undefined, queue.sid, SEND('from a service'), 'ERR CMD PROHIBITED'],
      )
      const messaging = await join(scene, 'messaging', makeService('messaging'))
      const { session: own } = messaging
      await messaging.peer.expect(
        [{ session: own, queueKey: queue.key }, queue.rid, SUB],
        ['SOK', NAMED],
      )
    },
  },
]
