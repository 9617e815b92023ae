/** Links of messaging queues, which LKEY opens once and for one (SMP, 14.1 row 26). */
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { latin1Bytes } from '../../protocol/bytes.ts'
import type { LinkId } from '../../protocol/ids.ts'
import { noEntity } from '../../protocol/ids.ts'
import { type Check, expectSame, Mismatch } from '../check.ts'
import { dhKey, LDEL, LGET, LKEY, LSET, SEND, signingKey } from '../commands.ts'
import type { Peer } from '../peer.ts'
import type { CheckedQueue } from '../queue.ts'
import { type Scene, senderIdFor } from '../scene.ts'
import { links } from './steps.ts'

const fixed = latin1Bytes('fixed data')
const user = latin1Bytes('user data')

interface Invitation {
  readonly recipient: Peer
  readonly sender: Peer
  readonly queue: CheckedQueue
  readonly linkId: LinkId
}

const invitation = async (scene: Scene): Promise<Invitation> => {
  const [recipient, sender] = await scene.pair()
  const correlationId = crypto.randomBytes(24)
  const link = { senderId: senderIdFor(correlationId), fixed, user }
  const request = { mode: 'messaging', link } as const
  const queue = await scene.create(recipient, { correlationId, request })
  const { linkId } = queue
  if (linkId === undefined) throw new Mismatch('a link id in IDS', 'none')
  expectSame('the sender id of the correlation id', queue.sid === link.senderId, true)
  return { recipient, sender, queue, linkId }
}

const lnk = (userData = 'user data'): string => `LNK sender id "fixed data" "${userData}"`

export const invitationLinkChecks: readonly Check[] = [
  {
    id: 'SMP-L-001',
    title: 'NEW with a sender id that does not follow from its correlation id is CMD PROHIBITED',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const peer = await scene.connect('recipient')
      const senderId = senderIdFor(crypto.randomBytes(24))
      const key = signingKey()
      const { password } = scene.facts.told
      const command = {
        tag: 'NEW',
        authKey: key.publicKey,
        dhKey: dhKey().publicKey,
        subscribe: false,
        ...(password !== undefined && { password }),
        request: { mode: 'messaging', link: { senderId, fixed, user } },
      } as const
      await peer.expect([key, noEntity, command], 'ERR CMD PROHIBITED')
    },
  },
  {
    id: 'SMP-L-002',
    title: 'NEW with link data: the client’s sender id and a link id of 24 bytes',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const { linkId } = await invitation(scene)
      expectSame('a link id of bytes', linkId.length, 24)
    },
  },
  {
    id: 'SMP-L-003',
    title: 'LGET of an invitation is refused with AUTH',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const { sender, linkId } = await invitation(scene)
      await sender.expect([undefined, linkId, LGET], 'ERR AUTH')
    },
  },
  {
    id: 'SMP-L-004',
    title: 'LKEY unsigned is CMD NO_AUTH; with another key, or the recipient id, AUTH',
    section: '14.1.26',
    needs: links,
    async run(scene) {
      const { sender, queue, linkId } = await invitation(scene)
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
      const { sender, queue, linkId } = await invitation(scene)
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
      const { recipient, sender, queue, linkId } = await invitation(scene)
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
      const { recipient, sender, queue, linkId } = await invitation(scene)
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
      const { sender, queue, linkId } = await invitation(scene)
      const key = signingKey()
      await sender.table(
        [key, linkId, LKEY(key), lnk()],
        [key, queue.sid, SEND('hello'), 'OK'],
        [key, linkId, LKEY(key), 'ERR AUTH'],
      )
    },
  },
]
