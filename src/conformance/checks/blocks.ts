/** Blocks and transmissions that do not follow the protocol (SMP, 4 and 5.1). */
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { BLOCK_BYTES, SEALED_BYTES } from '../../protocol/block.ts'
import { type Bytes, latin1Bytes, noBytes } from '../../protocol/bytes.ts'
import { noEntity } from '../../protocol/ids.ts'
import { encodeTail, encodeTransmission } from '../../protocol/transmission.ts'
import { Writer } from '../../protocol/writer.ts'
import { type Check, Mismatch } from '../check.ts'
import { PING, SUB, signingKey, unknownId } from '../commands.ts'
import { atVersion, fromVersion } from '../facts.ts'
import type { Line } from '../line.ts'
import type { Peer } from '../peer.ts'

const ping: Line = [undefined, noEntity, PING]

const pingBytes = (peer: Peer): Bytes =>
  encodeTransmission(
    peer.session,
    noBytes,
    encodeTail({ correlationId: crypto.randomBytes(24), entityId: noEntity }, latin1Bytes('PING')),
  )

/** `u8 count || LG(transmission) * count`, whatever the count says. */
const batch = (count: number, transmissions: readonly Bytes[], after = noBytes): Bytes => {
  const writer = new Writer(BLOCK_BYTES).u8(count)
  for (const transmission of transmissions) writer.large(transmission)
  return writer.raw(after).bytes()
}

/** One ERR BLOCK that names nothing, and the session goes on. */
const expectBlockError = async (peer: Peer): Promise<void> => {
  const { correlationId, entityId, text } = await peer.next('ERR BLOCK')
  if (text !== 'ERR BLOCK' || correlationId !== '' || entityId !== noEntity)
    throw new Mismatch('ERR BLOCK without correlation id and entity', text)
  await peer.expect(ping, 'PONG')
}

type Content = (peer: Peer) => Bytes

const contents: readonly (readonly [number: number, title: string, content: Content])[] = [
  [1, 'a count of 0', () => batch(0, [])],
  [2, 'no count', () => noBytes],
  [3, 'fewer transmissions than its count says', (peer) => batch(2, [pingBytes(peer)])],
  [4, 'bytes left over', (peer) => batch(1, [pingBytes(peer)], latin1Bytes('more'))],
  [5, 'a transmission that is cut', (peer) => batch(1, [pingBytes(peer)]).subarray(0, 20)],
  [6, 'an empty transmission', () => batch(1, [noBytes])],
  [
    7,
    'a correlation id longer than its transmission',
    () => batch(1, [Uint8Array.of(0, 200, 1, 2, 3)]),
  ],
]

const unreadable = contents.map(
  ([number, title, content]): Check => ({
    id: `SMP-B-00${number}`,
    title: `a block with ${title} is ERR BLOCK`,
    section: '5.4',
    async run(scene) {
      const peer = await scene.connect('client')
      peer.sayContent(content(peer), `a block with ${title}`)
      await expectBlockError(peer)
    },
  }),
)

const damaged: readonly Check[] = [
  {
    id: 'SMP-B-011',
    title: 'a block that does not decrypt is ERR BLOCK, and the session goes on',
    section: '4.2',
    needs: [fromVersion(11)],
    async run(scene) {
      const peer = await scene.connect('client')
      // the chain of keys advances on both sides
      peer.session.seal(new Uint8Array(SEALED_BYTES))
      peer.sayBlock(crypto.randomBytes(BLOCK_BYTES), 'a block of random bytes')
      await expectBlockError(peer)
    },
  },
  {
    id: 'SMP-B-012',
    title: 'a padded length beyond the block is ERR BLOCK, and the session goes on',
    section: '4.2',
    async run(scene) {
      const peer = await scene.connect('client')
      const padded = new Uint8Array(peer.session.paddedBytes).fill(0xff)
      peer.sayPadded(padded)
      await expectBlockError(peer)
    },
  },
  {
    id: 'SMP-B-013',
    title: 'the filler of a block is not looked at',
    section: '1',
    async run(scene) {
      const peer = await scene.connect('client')
      const content = batch(1, [pingBytes(peer)])
      const padded = crypto.randomBytes(peer.session.paddedBytes)
      padded.set([content.length >> 8, content.length & 0xff])
      padded.set(content, 2)
      peer.sayPadded(padded)
      const { text } = await peer.next('PONG')
      if (text !== 'PONG') throw new Mismatch('PONG', text)
    },
  },
]

const authorizations: readonly Check[] = [
  {
    id: 'SMP-B-021',
    title: 'an authorization of no known length is ERR BLOCK with the correlation id',
    section: '5.1',
    async run(scene) {
      const peer = await scene.connect('client')
      for (const length of [1, 63, 65, 79, 113, 255]) {
        const [id] = peer.say([[crypto.randomBytes(length), unknownId(), SUB]])
        const { correlationId, entityId, text } = await peer.next('ERR BLOCK')
        if (text !== 'ERR BLOCK' || correlationId !== id || entityId !== noEntity)
          throw new Mismatch('ERR BLOCK with the correlation id and no entity', text)
      }
    },
  },
  {
    id: 'SMP-B-022',
    title: 'a service signature of no known form is ERR BLOCK',
    section: '5.1',
    needs: [fromVersion(16)],
    async run(scene) {
      const peer = await scene.connect('client')
      const tail = encodeTail(
        { correlationId: crypto.randomBytes(24), entityId: unknownId() },
        latin1Bytes('SUB'),
      )
      const transmission = new Writer(256).short(crypto.randomBytes(64)).text('2').raw(tail)
      peer.sayContent(batch(1, [transmission.bytes()]), 'SUB with a service signature of kind 2')
      await expectBlockError(peer)
    },
  },
  {
    id: 'SMP-B-023',
    title: 'in version 6 another session id is ERR SESSION with the correlation id',
    section: '5.4',
    needs: [atVersion(6)],
    async run(scene) {
      const peer = await scene.connect('client', { version: 6 })
      const correlationId = crypto.randomBytes(24)
      const tail = encodeTail({ correlationId, entityId: noEntity }, latin1Bytes('PING'))
      const foreign = { version: 6, sessionId: crypto.randomBytes(32) }
      peer.sayTransmissions([encodeTransmission(foreign, noBytes, tail)])
      const { text } = await peer.next('ERR SESSION')
      if (text !== 'ERR SESSION') throw new Mismatch('ERR SESSION', text)
      await peer.expect(ping, 'PONG')
    },
  },
]

const batches: readonly Check[] = [
  {
    id: 'SMP-B-031',
    title: '255 commands in a block are all answered',
    section: '4.3',
    async run(scene) {
      const peer = await scene.connect('client')
      const answers = await peer.askAll(Array.from({ length: 255 }, () => ping))
      const others = answers.filter(({ text }) => text !== 'PONG')
      if (others[0]) throw new Mismatch('255 PONG', `${others.length} others, ${others[0].text}`)
    },
  },
  {
    id: 'SMP-B-032',
    title: 'a refusal in a block does not concern its neighbours',
    section: '5.4',
    async run(scene) {
      const peer = await scene.connect('client')
      const lines: readonly Line[] = [
        ping,
        [signingKey(), unknownId(), SUB],
        [undefined, unknownId(), 'HELLO'],
        ping,
      ]
      const texts = (await peer.askAll(lines)).map(({ text }) => text).join(', ')
      const expected = 'PONG, ERR AUTH, ERR CMD UNKNOWN, PONG'
      if (texts !== expected) throw new Mismatch(expected, texts)
    },
  },
  {
    id: 'SMP-B-033',
    title: 'correlation ids of any length are echoed',
    section: '5.3',
    async run(scene) {
      const peer = await scene.connect('client')
      for (const length of [0, 1, 24, 255])
        peer.judge(ping, await peer.ask(ping, new Uint8Array(length).fill(7)), 'PONG')
    },
  },
  {
    id: 'SMP-B-034',
    title: 'without a session key in the client’s hello blocks are not encrypted',
    section: '3.6',
    needs: [fromVersion(11)],
    async run(scene) {
      const peer = await scene.connect('client', { sendSessionKey: false })
      await peer.expect(ping, 'PONG')
    },
  },
  {
    id: 'SMP-B-035',
    title: 'blocks of a server that forwards are not encrypted',
    section: '3.6',
    needs: [fromVersion(14)],
    async run(scene) {
      const peer = await scene.connect('client', { proxyServer: true })
      await peer.expect(ping, 'PONG')
    },
  },
]

export const blockChecks: readonly Check[] = [
  ...unreadable,
  ...damaged,
  ...authorizations,
  ...batches,
]
