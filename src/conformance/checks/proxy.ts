import type { ForwardedCommand, ForwardOptions, ProxySession } from '../../client/proxy-session.ts'
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import type { KeyPair } from '../../crypto/provider.ts'
import { latin1Bytes } from '../../protocol/bytes.ts'
import { type Check, Mismatch, type Need } from '../check.ts'
import {
  bigSigningKey,
  dhKey,
  LGET,
  SEND,
  SKEY,
  signingKey,
  unknownId,
  unknownLink,
} from '../commands.ts'
import { forwarding, fromVersion, queues } from '../facts.ts'
import { type Scene, senderIdFor } from '../scene.ts'
import { commandText, messageText, replyText } from '../words.ts'
import { proxied } from './proxied.ts'
import { messaging } from './steps.ts'

/** Queues are made on the checked server, so it has to be the destination as well. */
const toItself: Need = ({ told }) =>
  told.relay === undefined ? undefined : 'queues are made on the checked server only'
const needs: readonly Need[] = [queues, forwarding, toItself]

const LARGEST = 16_048

const forward = async (
  scene: Scene,
  session: ProxySession,
  command: ForwardedCommand,
  options: ForwardOptions & { readonly expected: string },
): Promise<void> => {
  const said = commandText(command, scene.names)
  scene.transcript.said('proxied sender', `PFWD of ${said}`)
  const text = replyText(await session.exchange(command, options), scene.names)
  scene.transcript.heard('proxied sender', `PRES with ${text}`)
  if (text !== options.expected)
    throw new Mismatch(`${options.expected}, in answer to ${said}`, text)
}

const kinds: readonly (readonly [name: string, make: () => KeyPair])[] = [
  ['Ed25519', signingKey],
  ['Ed448', bigSigningKey],
  ['X25519', dhKey],
]

const sending = kinds.map(
  ([name, make], i): Check => ({
    id: `SMP-P-00${i + 1}`,
    title: `SEND before and after SKEY is forwarded, up to the largest body, with a key of ${name}`,
    section: '14.3',
    needs: [...needs, fromVersion(9)],
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const queue = await scene.create(recipient, { ...messaging, subscribe: true })
      const session = await proxied(scene)
      const [key, largest] = [make(), 'x'.repeat(LARGEST)]
      const signed = { entityId: queue.sid, key: key.privateKey, expected: 'OK' }
      await forward(scene, session, SEND('hello'), { entityId: queue.sid, expected: 'OK' })
      await recipient.hear(queue.rid, 'MSG F "hello"')
      await recipient.expect([queue.key, queue.rid, queue.ack('hello')], 'OK')
      await forward(scene, session, SKEY(key), signed)
      await forward(scene, session, SEND(largest), signed)
      await recipient.hear(queue.rid, messageText(largest))
      const unsigned = { entityId: queue.sid, expected: 'ERR AUTH' }
      await forward(scene, session, SEND('unsigned'), unsigned)
    },
  }),
)

const forwarded: readonly Check[] = [
  {
    id: 'SMP-P-011',
    title: 'LGET is forwarded',
    section: '6.1',
    needs: [...needs, fromVersion(15)],
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const correlationId = crypto.randomBytes(24)
      const [linkId, fixed, user] = [unknownLink(), latin1Bytes('fixed'), latin1Bytes('user')]
      const link = { linkId, senderId: senderIdFor(correlationId), fixed, user }
      await scene.create(recipient, { correlationId, request: { mode: 'contact', link } })
      const expected = 'LNK sender id "fixed" "user"'
      await forward(scene, await proxied(scene), LGET, { entityId: linkId, expected })
    },
  },
  {
    id: 'SMP-P-012',
    title: 'errors of a queue travel inside PRES',
    section: '9.5',
    needs: [forwarding],
    async run(scene) {
      const session = await proxied(scene)
      const options = { entityId: unknownId(), expected: 'ERR AUTH' }
      await forward(scene, session, SEND('hello'), options)
    },
  },
  {
    id: 'SMP-P-013',
    title: 'many forwarded at once are all answered',
    section: '14.3',
    needs: [...needs, fromVersion(9)],
    async run(scene) {
      const recipient = await scene.connect('recipient')
      const queue = await scene.create(recipient, messaging)
      const session = await proxied(scene)
      const key = signingKey()
      const options = { entityId: queue.sid, key: key.privateKey, expected: 'OK' }
      const sent = Array.from({ length: 20 }, () => forward(scene, session, SKEY(key), options))
      await Promise.all(sent)
    },
  },
]

export const proxyChecks: readonly Check[] = [...sending, ...forwarded]
