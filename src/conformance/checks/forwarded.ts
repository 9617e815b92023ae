/** What other servers forward to this one (SMP, 9.4); any connection with a session key may. */

import { FORWARDED_BYTES } from '../../crypto/forwarding.ts'
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { noEntity } from '../../protocol/ids.ts'
import { type Check, Mismatch } from '../check.ts'
import { dhKey, PING, SEND, SKEY, SUB, signingKey, unknownId } from '../commands.ts'
import { fromVersion, queues } from '../facts.ts'
import type { Line } from '../line.ts'
import { batch, expectInner, forwarding, innerBlock, innerReply, newInner, rfwd } from './rfwd.ts'
import { messaging } from './steps.ts'

const needs = [fromVersion(14)]

const served: readonly Check[] = [
  {
    id: 'SMP-F-001',
    title: 'a forwarded SEND is delivered and answered inside RRES',
    section: '9.4',
    needs: [queues, ...needs],
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const queue = await scene.create(recipient, { ...messaging, subscribe: true })
      const way = await forwarding(scene)
      await expectInner(scene, way, [undefined, queue.sid, SEND('hello')], 'OK')
      await recipient.hear(queue.rid, 'MSG F "hello"')
    },
  },
  {
    id: 'SMP-F-002',
    title: 'a forwarded command is authorised by the session of the two servers',
    section: '5.2',
    needs: [queues, ...needs],
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const queue = await scene.create(recipient, messaging)
      const way = await forwarding(scene)
      const key = dhKey()
      await expectInner(scene, way, [key, queue.sid, SKEY(key)], 'OK')
      await expectInner(scene, way, [key, queue.sid, SEND('hello')], 'OK')
      await expectInner(scene, way, [{ stolen: key }, queue.sid, SEND('hello')], 'ERR AUTH')
    },
  },
  {
    id: 'SMP-F-003',
    title: 'only SEND, SKEY, LKEY and LGET are forwarded: others are CMD PROHIBITED inside',
    section: '9.4',
    needs,
    async run(scene) {
      const way = await forwarding(scene)
      await expectInner(scene, way, [undefined, noEntity, PING], 'ERR CMD PROHIBITED')
      await expectInner(scene, way, [signingKey(), unknownId(), SUB], 'ERR CMD PROHIBITED')
    },
  },
]

const outer = (text: string, expected: string): void => {
  if (text !== expected) throw new Mismatch(`${expected} in answer to RFWD`, text)
}

const refused: readonly Check[] = [
  {
    id: 'SMP-F-011',
    title: 'RFWD that does not decrypt is CRYPTO',
    section: '9.4',
    needs,
    async run(scene) {
      const { peer } = await forwarding(scene)
      const transmission = crypto.randomBytes(16_300)
      await peer.expect([undefined, noEntity, { tag: 'RFWD', transmission }], 'ERR CRYPTO')
    },
  },
  {
    id: 'SMP-F-012',
    title: 'RFWD whose content does not parse is CMD SYNTAX',
    section: '9.4',
    needs,
    async run(scene) {
      const { peer, secret } = await forwarding(scene)
      const correlationId = crypto.randomBytes(24)
      const transmission = crypto.box(secret, correlationId, Uint8Array.of(200, 1, 2))
      const line: Line = [undefined, noEntity, { tag: 'RFWD', transmission }]
      peer.judge(line, await peer.ask(line, correlationId), 'ERR CMD SYNTAX')
    },
  },
  {
    id: 'SMP-F-013',
    title: 'a client’s block that does not decrypt is CRYPTO',
    section: '9.4',
    needs,
    async run(scene) {
      const way = await forwarding(scene)
      const boxed = crypto.randomBytes(FORWARDED_BYTES + 16)
      const { heard } = await rfwd(way, newInner(way.serverKey), { boxed })
      outer(heard.text, 'ERR CRYPTO')
    },
  },
  {
    id: 'SMP-F-014',
    title: 'two commands in a client’s block are BLOCK',
    section: '9.4',
    needs,
    async run(scene) {
      const way = await forwarding(scene)
      const inner = newInner(way.serverKey)
      const line: Line = [undefined, unknownId(), SEND('hello')]
      const { heard } = await rfwd(way, inner, { content: innerBlock(way, inner, [line, line]) })
      outer(heard.text, 'ERR BLOCK')
    },
  },
  {
    id: 'SMP-F-015',
    title: 'a client’s block that does not parse is BLOCK, inside RRES or instead of it',
    section: '9.4',
    needs,
    async run(scene) {
      const way = await forwarding(scene)
      const inner = newInner(way.serverKey)
      const sent = await rfwd(way, inner, { content: batch([]) })
      outer(innerReply(scene, sent, inner), 'ERR BLOCK')
      const where = sent.heard.reply?.tag === 'RRES' ? 'inside RRES' : 'instead of RRES'
      scene.note(`BLOCK came ${where}`)
    },
  },
  {
    id: 'SMP-F-016',
    title: 'RFWD on a connection without a session key is PROXY BROKER TRANSPORT NO_AUTH',
    section: '9.4',
    needs,
    async run(scene) {
      const peer = await scene.connect('other server', { sendSessionKey: false })
      const transmission = crypto.randomBytes(16_300)
      const expected = 'ERR PROXY BROKER TRANSPORT NO_AUTH'
      await peer.expect([undefined, noEntity, { tag: 'RFWD', transmission }], expected)
    },
  },
]

export const forwardedChecks: readonly Check[] = [...served, ...refused]
