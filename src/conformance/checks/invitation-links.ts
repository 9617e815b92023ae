/** Links of messaging queues, which LKEY opens once and for one (SMP, 14.1 row 26). */
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { type Check, expectSame } from '../check.ts'
import { LDEL, LGET, LKEY, LSET, SEND, signingKey } from '../commands.ts'
import { linked, lnk, newLinkLine } from './linked.ts'
import { links } from './steps.ts'

export const invitationLinkChecks: readonly Check[] = [
  {
    id: 'SMP-L-001',
    title: 'NEW with a sender id that does not follow from its correlation id is CMD PROHIBITED',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const peer = await scene.connect('recipient')
      await peer.expect(newLinkLine(scene, crypto.randomBytes(24)), 'ERR CMD PROHIBITED')
    },
  },
  {
    id: 'SMP-L-002',
    title: 'NEW with link data: the client’s sender id and a link id of 24 bytes',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const { linkId } = await linked(scene)
      expectSame('a link id of bytes', linkId.length, 24)
    },
  },
  {
    id: 'SMP-L-003',
    title: 'LGET of an invitation is refused with AUTH',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const { sender, linkId } = await linked(scene)
      await sender.expect([undefined, linkId, LGET], 'ERR AUTH')
    },
  },
  {
    id: 'SMP-L-004',
    title: 'LKEY unsigned is CMD NO_AUTH; with another key, or the recipient id, AUTH',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const { sender, queue, linkId } = await linked(scene)
      const [key, other] = [signingKey(), signingKey()]
      await sender.table(
        [undefined, linkId, LKEY(key), 'ERR CMD NO_AUTH'],
        [other, linkId, LKEY(key), 'ERR AUTH'],
        [key, queue.rid, LKEY(key), 'ERR AUTH'],
      )
    },
  },
  {
    id: 'SMP-L-005',
    title: 'LKEY secures the queue and gives the link data, to the same key again, to no other',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const { sender, queue, linkId } = await linked(scene)
      const [key, other] = [signingKey(), signingKey()]
      await sender.table(
        [key, linkId, LKEY(key), lnk()],
        [other, linkId, LKEY(other), 'ERR AUTH'],
        [key, linkId, LKEY(key), lnk()],
        [undefined, queue.sid, SEND('unsigned'), 'ERR AUTH'],
      )
    },
  },
  {
    id: 'SMP-L-006',
    title: 'LSET changes the user data until the queue is secured, then it is AUTH',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const { recipient, sender, queue, linkId } = await linked(scene)
      const key = signingKey()
      await recipient.expect([queue.key, queue.rid, LSET(linkId, 'fixed data', 'updated')], 'OK')
      await sender.expect([key, linkId, LKEY(key)], lnk('updated'))
      await recipient.expect([queue.key, queue.rid, LSET(linkId, 'fixed data', 'late')], 'ERR AUTH')
    },
  },
  {
    id: 'SMP-L-007',
    title: 'LDEL removes the link data',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const { recipient, sender, queue, linkId } = await linked(scene)
      const key = signingKey()
      await sender.expect([key, linkId, LKEY(key)], lnk())
      await recipient.expect([queue.key, queue.rid, LDEL], 'OK')
      await sender.expect([key, linkId, LKEY(key)], 'ERR AUTH')
    },
  },
  {
    id: 'SMP-L-008',
    title: 'the first SEND after securing removes the link data',
    section: '6.4',
    needs: links,
    async run(scene) {
      const { sender, queue, linkId } = await linked(scene)
      const key = signingKey()
      await sender.table(
        [key, linkId, LKEY(key), lnk()],
        [key, queue.sid, SEND('hello'), 'OK'],
        [key, linkId, LKEY(key), 'ERR AUTH'],
      )
    },
  },
]
