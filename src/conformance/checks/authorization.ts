/** Whose credentials are good for what (SMP, 5.2 to 5.5). */
import type { KeyPair } from '../../crypto/provider.ts'
import { noEntity } from '../../protocol/ids.ts'
import type { Check } from '../check.ts'
import { bigSigningKey, dhKey, GET, LGET, NSUB, QUE, SEND, SUB, signingKey } from '../commands.ts'
import { fromVersion, queues } from '../facts.ts'
import type { Line } from '../line.ts'
import { secured } from './steps.ts'

const algorithms: readonly (readonly [name: string, make: () => KeyPair, from: number])[] = [
  ['Ed25519', signingKey, 6],
  ['Ed448', bigSigningKey, 6],
  ['X25519', dhKey, 7],
]

const numbered = (first: number, index: number): `SMP-${string}` =>
  `SMP-A-${String(first + index).padStart(3, '0')}`

const good = algorithms.map(
  ([name, make, from], i): Check => ({
    id: numbered(1, i),
    title: `a recipient key of ${name} is good for its queue, and no other key is`,
    section: '5.5',
    needs: [queues, fromVersion(from)],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const key = make()
      const queue = await scene.create(peer, { key })
      for (const [, other, since] of algorithms)
        if (peer.version >= since) await peer.expect([other(), queue.rid, SUB], 'ERR AUTH')
      await peer.expect([key, queue.rid, SUB], peer.sok)
    },
  }),
)

const bad = algorithms.map(
  ([name, make, from], i): Check => ({
    id: numbered(11, i),
    title: `${name}: a damaged credential, one of another request or session, is AUTH`,
    section: '5.2',
    needs: [queues, fromVersion(from)],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const key = make()
      const queue = await scene.create(peer, { key })
      await peer.table(
        [{ damaged: key }, queue.rid, GET, 'ERR AUTH'],
        [{ replayed: key }, queue.rid, GET, 'ERR AUTH'],
        [{ stolen: key }, queue.rid, GET, 'ERR AUTH'],
        [key, queue.rid, GET, 'OK'],
      )
    },
  }),
)

const senders = algorithms.map(
  ([name, make, from], i): Check => ({
    id: numbered(21, i),
    title: `a sender key of ${name} is good for SEND, and damaged it is not`,
    section: '5.5',
    needs: [queues, fromVersion(from)],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient)
      const key = make()
      await recipient.expect([queue.key, queue.rid, { tag: 'KEY', senderKey: key.publicKey }], 'OK')
      await sender.table(
        [{ damaged: key }, queue.sid, SEND('hello'), 'ERR AUTH'],
        [key, queue.sid, SEND('hello'), 'OK'],
      )
    },
  }),
)

const others: readonly Check[] = [
  {
    id: 'SMP-A-031',
    title: 'NEW signed by another key than its own is AUTH',
    section: '6.1',
    needs: [queues],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const { password } = scene.facts.told
      const command = {
        tag: 'NEW',
        authKey: signingKey().publicKey,
        dhKey: dhKey().publicKey,
        subscribe: false,
        ...(password !== undefined && { password }),
      } as const
      await peer.expect([signingKey(), noEntity, command], 'ERR AUTH')
    },
  },
  {
    id: 'SMP-A-032',
    title: 'an id of one party is AUTH in the commands of another',
    section: '5.5',
    needs: [queues],
    async run(scene) {
      const peer = await scene.connect('client')
      const { queue, senderKey } = await secured(scene, peer)
      const { id: nid } = await scene.addNotifier(peer, queue, signingKey())
      const lines: readonly Line[] = [
        [queue.key, queue.sid, SUB],
        [queue.key, nid, QUE],
        [senderKey, queue.rid, SEND('hello')],
        [senderKey, nid, SEND('hello')],
        [queue.key, queue.rid, NSUB],
        [queue.key, queue.sid, NSUB],
        [undefined, queue.sid, LGET],
      ]
      for (const line of lines) await peer.expect(line, 'ERR AUTH')
    },
  },
  {
    id: 'SMP-A-033',
    title: 'a correlation id of any length is good as the nonce of an authenticator',
    section: '5.3',
    needs: [queues, fromVersion(7)],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const key = dhKey()
      const queue = await scene.create(peer, { key })
      for (const length of [1, 23, 25, 48]) {
        const line: Line = [key, queue.rid, GET]
        peer.judge(line, await peer.ask(line, new Uint8Array(length).fill(length)), 'OK')
      }
    },
  },
]

export const authorizationChecks: readonly Check[] = [...good, ...bad, ...senders, ...others]
