/** Links of contact queues, which LGET reads any number of times (SMP, 14.1 row 27). */
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { type Check, expectSame } from '../check.ts'
import { LDEL, LGET, LKEY, LSET, signingKey, unknownLink } from '../commands.ts'
import type { Line } from '../line.ts'
import type { Scene } from '../scene.ts'
import { type Linked, linked, lnk, newLinkLine } from './linked.ts'
import { links, contact as withoutLink } from './steps.ts'

const contact = async (scene: Scene): Promise<Linked> => {
  const linkId = unknownLink()
  const made = await linked(scene, linkId)
  expectSame('the link id of the client', made.linkId === linkId, true)
  return made
}

export const contactLinkChecks: readonly Check[] = [
  {
    id: 'SMP-L-011',
    title: 'NEW with a sender id that does not follow from its correlation id is CMD PROHIBITED',
    section: '14.1.27',
    needs: links,
    async run(scene) {
      const peer = await scene.connect('recipient')
      const line = newLinkLine(scene, crypto.randomBytes(24), unknownLink())
      await peer.expect(line, 'ERR CMD PROHIBITED')
    },
  },
  {
    id: 'SMP-L-012',
    title: 'NEW with link data: the client’s sender id and link id',
    section: '14.1.27',
    needs: links,
    async run(scene) {
      await contact(scene)
    },
  },
  {
    id: 'SMP-L-013',
    title: 'NEW with a link id that is taken is refused with AUTH',
    section: '6.3',
    needs: links,
    async run(scene) {
      const { sender, linkId } = await contact(scene)
      const correlationId = crypto.randomBytes(24)
      const line = newLinkLine(scene, correlationId, linkId)
      sender.judge(line, await sender.ask(line, correlationId), 'ERR AUTH')
      await sender.expect([undefined, linkId, LGET], lnk())
    },
  },
  {
    id: 'SMP-L-014',
    title: 'LKEY of a contact link is refused with AUTH',
    section: '14.1.27',
    needs: links,
    async run(scene) {
      const { sender, linkId } = await contact(scene)
      const key = signingKey()
      await sender.expect([key, linkId, LKEY(key)], 'ERR AUTH')
    },
  },
  {
    id: 'SMP-L-015',
    title: 'LGET may be repeated; signed it is CMD HAS_AUTH, with the recipient id AUTH',
    section: '14.1.27',
    needs: links,
    async run(scene) {
      const { sender, queue, linkId } = await contact(scene)
      await sender.table(
        [undefined, linkId, LGET, lnk()],
        [undefined, linkId, LGET, lnk()],
        [signingKey(), linkId, LGET, 'ERR CMD HAS_AUTH'],
        [undefined, queue.rid, LGET, 'ERR AUTH'],
      )
    },
  },
  {
    id: 'SMP-L-016',
    title: 'LSET changes the user data, and neither the link id nor the fixed data',
    section: '14.1.27',
    needs: links,
    async run(scene) {
      const { recipient, sender, queue, linkId } = await contact(scene)
      const { key, rid } = queue
      await recipient.table(
        [key, rid, LSET(linkId, 'fixed data', 'updated'), 'OK'],
        [key, rid, LSET(unknownLink(), 'fixed data', 'wrong'), 'ERR AUTH'],
        [key, rid, LSET(linkId, 'other data', 'wrong'), 'ERR AUTH'],
      )
      await sender.expect([undefined, linkId, LGET], lnk('updated'))
    },
  },
  {
    id: 'SMP-L-017',
    title: 'LDEL may be repeated, and LGET is AUTH after it',
    section: '14.1.27',
    needs: links,
    async run(scene) {
      const { recipient, sender, queue, linkId } = await contact(scene)
      await recipient.table([queue.key, queue.rid, LDEL, 'OK'], [queue.key, queue.rid, LDEL, 'OK'])
      await sender.expect([undefined, linkId, LGET], 'ERR AUTH')
    },
  },
  {
    id: 'SMP-L-018',
    title: 'LSET with the link id of another queue does not change what the link leads to',
    section: '15.2.3',
    needs: links,
    async run(scene) {
      const { recipient, sender, linkId } = await contact(scene)
      const other = await scene.create(recipient, withoutLink)
      const line: Line = [other.key, other.rid, LSET(linkId, 'fixed data', 'stolen')]
      const { text } = await recipient.ask(line)
      scene.note(`LSET was answered with ${text.replace(/^(ERR STORE).*/s, '$1')}`)
      await sender.expect([undefined, linkId, LGET], lnk())
    },
  },
]
