/**
 * Services (SMP, 10). Checks of sessions with a service certificate belong here, with ids from
 * SMP-X-021 on: a connection needs a certificate in TLS and in its hello for them.
 */
import type { Check } from '../check.ts'
import { NSUB, SUB, signingKey, unknownId } from '../commands.ts'
import { always, fromVersion, queues } from '../facts.ts'

const notYet = always('this suite presents no service certificate yet')

export const serviceChecks: readonly Check[] = [
  {
    id: 'SMP-X-001',
    title: 'NSUB with the signature of a service is SERVICE on an ordinary connection',
    section: '14.1.19',
    needs: [queues, fromVersion(16)],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const queue = await scene.create(peer)
      const key = signingKey()
      const { id } = await scene.addNotifier(peer, queue, key)
      await peer.expect([{ queue: key, service: signingKey() }, id, NSUB], 'ERR SERVICE')
    },
  },
  {
    id: 'SMP-X-002',
    title: 'SUB with the signature of a service is SERVICE on an ordinary connection',
    section: '5.5',
    needs: [queues, fromVersion(16)],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const queue = await scene.create(peer)
      const signer = { queue: queue.key, service: signingKey() }
      await peer.expect([signer, queue.rid, SUB], 'ERR SERVICE')
    },
  },
  {
    id: 'SMP-X-003',
    title: 'SUBS and NSUBS are SERVICE on an ordinary connection',
    section: '7.1',
    needs: [fromVersion(16)],
    async run(scene) {
      const peer = await scene.connect('client')
      await peer.table(
        [signingKey(), unknownId(), 'SUBS', 'ERR SERVICE'],
        [signingKey(), unknownId(), 'NSUBS', 'ERR SERVICE'],
      )
    },
  },
  {
    id: 'SMP-X-004',
    title: 'SUB and NSUB of an ordinary connection are answered without a service id',
    section: '14.1.21',
    needs: [queues, fromVersion(16)],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const queue = await scene.create(peer)
      const key = signingKey()
      const { id } = await scene.addNotifier(peer, queue, key)
      await peer.table([queue.key, queue.rid, SUB, 'SOK'], [key, id, NSUB, 'SOK'])
    },
  },
  {
    id: 'SMP-X-011',
    title: 'NSUB, NSUBS, ENDS and NMSG in sessions of a notifier service',
    section: '14.1.20',
    needs: [notYet],
    async run() {},
  },
  {
    id: 'SMP-X-012',
    title: 'the association of notifiers with a service lasts',
    section: '14.1.21',
    needs: [notYet],
    async run() {},
  },
]
