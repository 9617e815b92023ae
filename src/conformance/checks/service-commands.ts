/** Commands of services on ordinary connections (SMP, 5.5 and 7.1). */
import type { Check } from '../check.ts'
import { NSUB, SUB, signingKey, unknownId } from '../commands.ts'
import { fromVersion, queues } from '../facts.ts'
import { noticed } from './steps.ts'

export const ordinaryChecks: readonly Check[] = [
  {
    id: 'SMP-X-001',
    title: 'NSUB with the signature of a service is SERVICE on an ordinary connection',
    section: '14.1.19',
    needs: [queues, fromVersion(16)],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const { key, notifier } = await noticed(scene, peer)
      await peer.expect([{ queue: key, service: signingKey() }, notifier.id, NSUB], 'ERR SERVICE')
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
      const { queue, key, notifier } = await noticed(scene, peer)
      await peer.table([queue.key, queue.rid, SUB, 'SOK'], [key, notifier.id, NSUB, 'SOK'])
    },
  },
]
