/** What depends on the version, in each that the server offers (SMP, 3.6, 6.3, 6.7); the last two digits are the version. */

import { nativeCrypto as crypto } from '../../crypto/native.ts'
import type { KeyPair } from '../../crypto/provider.ts'
import { latin1Bytes } from '../../protocol/bytes.ts'
import { maxBodyBytes, supportedVersions } from '../../protocol/version.ts'
import { type Check, expectSame } from '../check.ts'
import {
  bigSigningKey,
  DEL,
  dhKey,
  KEY,
  LGET,
  NSUB,
  PING,
  SEND,
  SKEY,
  SUB,
  signingKey,
  unknownLink,
} from '../commands.ts'
import { atVersion, queues } from '../facts.ts'
import type { Peer } from '../peer.ts'
import { type Scene, senderIdFor } from '../scene.ts'
import { messageText } from '../words.ts'
import { contact, messaging } from './steps.ts'

const all = Array.from(
  { length: supportedVersions.max - supportedVersions.min + 1 },
  (_, i) => supportedVersions.min + i,
)

interface Family {
  readonly hundred: number
  readonly title: string
  readonly section: string
  readonly from?: number
  run(scene: Scene, version: number): Promise<void>
}

const makeKeys = (version: number): readonly (() => KeyPair)[] =>
  version >= 7 ? [signingKey, bigSigningKey, dhKey] : [signingKey, bigSigningKey]

/** All that clients do with a queue, with keys of one kind. */
async function life(
  scene: Scene,
  { first, other }: { readonly first: Peer; readonly other: Peer },
  make: () => KeyPair,
): Promise<void> {
  const [key, senderKey, watcherKey] = [make(), make(), make()]
  const queue = await scene.create(first, { key, subscribe: true })
  await first.expect([key, queue.rid, KEY(senderKey)], 'OK')
  const notifier = await scene.addNotifier(first, queue, watcherKey)
  await other.table(
    [watcherKey, notifier.id, NSUB, other.sok],
    [senderKey, queue.sid, SEND('hello'), 'OK'],
    [undefined, '', PING, 'PONG'],
  )
  await first.hear(queue.rid, 'MSG F "hello"')
  await other.expect([key, queue.rid, SUB], other.sok)
  await other.hear(queue.rid, 'MSG F "hello"')
  await first.hear(queue.rid, 'END')
  await first.expect([key, queue.rid, DEL], 'OK')
  // DELD was END once
  const deleted = first.version >= 10 ? 'DELD' : 'END'
  await other.hear(queue.rid, deleted)
  await other.hear(notifier.id, deleted)
}

/** A queue of its own for each kind of key, all at once: servers may take their time with events. */
async function lives(scene: Scene, version: number): Promise<void> {
  const first = await scene.connect('first', { version })
  const other = await scene.connect('second', { version })
  await Promise.all(makeKeys(version).map((make) => life(scene, { first, other }, make)))
}

const families: readonly Family[] = [
  {
    hundred: 1,
    title: 'NEW and IDS in the form of',
    section: '6.3',
    async run(scene, version) {
      const peer = await scene.connect('recipient', { version })
      const [one, other] = [await scene.create(peer, messaging), await scene.create(peer, contact)]
      const modes = version >= 9 ? 'messaging, contact' : 'undefined, undefined'
      expectSame('modes', `${one.mode}, ${other.mode}`, modes)
    },
  },
  {
    hundred: 2,
    title: 'the life of a queue, by keys of every kind, in',
    section: '6.7',
    run: lives,
  },
  {
    hundred: 3,
    title: 'the largest body of',
    section: '3.6',
    async run(scene, version) {
      const recipient = await scene.connect('recipient', { version })
      const sender = await scene.connect('sender', { version })
      const queue = await scene.create(recipient, { subscribe: true })
      const largest = 'x'.repeat(maxBodyBytes(version))
      await sender.expect([undefined, queue.sid, SEND(largest)], 'OK')
      await recipient.hear(queue.rid, messageText(largest))
      await sender.expect([undefined, queue.sid, SEND(`${largest}x`)], 'ERR LARGE_MSG')
    },
  },
  {
    hundred: 4,
    title: 'who may secure a queue made in',
    section: '6.3',
    async run(scene, version) {
      const peer = await scene.connect('client', { version })
      const queue = await scene.create(peer, messaging)
      const key = signingKey()
      // before version 9 queues have no mode; an old session need not know SKEY
      const expected = version >= 9 ? 'OK' : ['ERR AUTH', 'ERR CMD UNKNOWN']
      await peer.expect([key, queue.sid, SKEY(key)], expected)
      await peer.expect([queue.key, queue.rid, KEY(key)], 'OK')
    },
  },
  {
    hundred: 5,
    title: 'a short link in',
    section: '6.3',
    from: 15,
    async run(scene, version) {
      const peer = await scene.connect('client', { version })
      const correlationId = crypto.randomBytes(24)
      const [linkId, fixed, user] = [unknownLink(), latin1Bytes('fixed'), latin1Bytes('user')]
      const link = { linkId, senderId: senderIdFor(correlationId), fixed, user }
      await scene.create(peer, { correlationId, request: { mode: 'contact', link } })
      await peer.expect([undefined, linkId, LGET], 'LNK sender id "fixed" "user"')
    },
  },
]

const perVersion = families.flatMap(({ hundred, title, section, from = 6, run }) =>
  all
    .filter((version) => version >= from)
    .map(
      (version): Check => ({
        id: `SMP-V-${hundred}${String(version).padStart(2, '0')}`,
        title: `${title} version ${version}`,
        section,
        needs: [queues, atVersion(version)],
        run: (scene) => run(scene, version),
      }),
    ),
)

const across: readonly Check[] = [
  {
    id: 'SMP-V-001',
    title: 'the largest body of version 6 reaches a recipient in the highest version',
    section: '8.3',
    needs: [queues, atVersion(6)],
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const sender = await scene.connect('sender', { version: 6 })
      const queue = await scene.create(recipient, { subscribe: true })
      const largest = 'x'.repeat(maxBodyBytes(6))
      await sender.expect([undefined, queue.sid, SEND(largest)], 'OK')
      await recipient.hear(queue.rid, messageText(largest))
    },
  },
  {
    id: 'SMP-V-002',
    title: 'commands of later versions in a session of version 6 are served, or unknown',
    section: '15.2.10',
    needs: [queues, atVersion(6), atVersion(9)],
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const old = await scene.connect('sender', { version: 6 })
      const queue = await scene.create(recipient, messaging)
      const key = signingKey()
      await old.expect([key, queue.sid, SKEY(key)], ['OK', 'ERR CMD UNKNOWN'])
    },
  },
]

export const versionChecks: readonly Check[] = [...across, ...perVersion]
