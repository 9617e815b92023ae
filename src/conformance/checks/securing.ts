import { type Check, NotApplicable } from '../check.ts'
import { KEY, SEND, SKEY, signingKey } from '../commands.ts'
import { fromVersion, queues } from '../facts.ts'
import type { Scene } from '../scene.ts'
import { contact, messaging, modes, secured } from './steps.ts'

export const securingChecks: readonly Check[] = [
  {
    id: 'SMP-Q-021',
    title: 'KEY with another signature, or with the sender id, is refused with AUTH',
    section: '14.1.1',
    needs: [queues],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const queue = await scene.create(peer)
      const senderKey = signingKey()
      await peer.table(
        [senderKey, queue.rid, KEY(senderKey), 'ERR AUTH'],
        [queue.key, queue.sid, KEY(senderKey), 'ERR AUTH'],
      )
    },
  },
  {
    id: 'SMP-Q-022',
    title: 'KEY may be repeated with the same key, and another key is refused with AUTH',
    section: '14.1.1',
    needs: [queues],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const { queue, senderKey } = await secured(scene, peer)
      await peer.table(
        [queue.key, queue.rid, KEY(senderKey), 'OK'],
        [queue.key, queue.rid, KEY(signingKey()), 'ERR AUTH'],
      )
    },
  },
  {
    id: 'SMP-Q-023',
    title: 'SKEY with another signature, or with the recipient id, is refused with AUTH',
    section: '14.1.2',
    needs: modes,
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient, messaging)
      const senderKey = signingKey()
      await sender.table(
        [queue.key, queue.sid, SKEY(senderKey), 'ERR AUTH'],
        [senderKey, queue.rid, SKEY(senderKey), 'ERR AUTH'],
      )
    },
  },
  {
    id: 'SMP-Q-024',
    title: 'SKEY secures a messaging queue; it may be repeated, and no other key takes it',
    section: '14.1.2',
    needs: modes,
    run: securedBySender,
  },
  {
    id: 'SMP-Q-025',
    title: 'SKEY to a contact queue is refused with AUTH, and anybody may send to it',
    section: '14.1.3',
    needs: modes,
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient, contact)
      const senderKey = signingKey()
      await sender.table(
        [senderKey, queue.sid, SKEY(senderKey), 'ERR AUTH'],
        [undefined, queue.sid, SEND('hello'), 'OK'],
      )
    },
  },
  {
    id: 'SMP-Q-026',
    title: 'a queue without mode is secured by KEY and not by SKEY',
    section: '6.3',
    needs: [queues, fromVersion(15)],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient)
      if (queue.mode !== undefined) throw new NotApplicable('the server gives every queue a mode')
      const senderKey = signingKey()
      await sender.expect([senderKey, queue.sid, SKEY(senderKey)], 'ERR AUTH')
      await recipient.expect([queue.key, queue.rid, KEY(senderKey)], 'OK')
    },
  },
]

async function securedBySender(scene: Scene): Promise<void> {
  const [recipient, sender] = await scene.pair()
  const queue = await scene.create(recipient, { ...messaging, subscribe: true })
  const [senderKey, other] = [signingKey(), signingKey()]
  await sender.table(
    [senderKey, queue.sid, SKEY(senderKey), 'OK'],
    [senderKey, queue.sid, SKEY(senderKey), 'OK'],
    [other, queue.sid, SKEY(other), 'ERR AUTH'],
    [undefined, queue.sid, SEND('unsigned'), 'ERR AUTH'],
    [senderKey, queue.sid, SEND('hello'), 'OK'],
  )
  await recipient.hear(queue.rid, 'MSG F "hello"')
  await recipient.table(
    [queue.key, queue.rid, KEY(other), 'ERR AUTH'],
    [queue.key, queue.rid, KEY(senderKey), 'OK'],
  )
}
