import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { noEntity } from '../../protocol/ids.ts'
import { type Check, expectSame, Mismatch } from '../check.ts'
import { dhKey, unknownId } from '../commands.ts'
import { forwarding, fromVersion } from '../facts.ts'
import type { Peer } from '../peer.ts'
import { destinationOf, PRXY, relayServer } from '../relay.ts'
import type { Scene } from '../scene.ts'
import { proxied } from './proxied.ts'

const prxy = (scene: Scene, change: { readonly port?: number; readonly host?: string } = {}) => {
  const { told } = scene.facts
  const { hosts, port, keyHash } = relayServer(destinationOf(told, scene.server))
  const server = {
    hosts: change.host === undefined ? hosts : ([change.host] as const),
    port: change.port === undefined ? port : String(change.port),
    keyHash,
  }
  return PRXY(server, told.password)
}

const isBrokerError = (text: string): boolean => text.startsWith('ERR PROXY BROKER ')

/** Any of the broker's errors: which one decides only what the client tries next. */
const expectBroker = async (
  scene: Scene,
  peer: Peer,
  command: ReturnType<typeof PRXY>,
): Promise<void> => {
  const line = [undefined, noEntity, command] as const
  const [id = ''] = peer.say([line])
  const { text } = await peer.answer(id, line, scene.timing.proxyMs)
  if (!isBrokerError(text)) throw new Mismatch('ERR PROXY BROKER', text)
  scene.note(`PRXY was answered with ${text}`)
}

const sessions: readonly Check[] = [
  {
    id: 'SMP-P-021',
    title: 'PRXY is answered with versions from 8 to 17 and the destination’s chain and signed key',
    section: '9.2',
    needs: [forwarding],
    async run(scene) {
      const session = await proxied(scene)
      expectSame('a version of 8 to 17', session.version >= 8 && session.version <= 17, true)
    },
  },
  {
    id: 'SMP-P-022',
    title: 'PRXY twice gives the same session',
    section: '14.3',
    needs: [forwarding],
    async run(scene) {
      const peer = await scene.connect('client')
      const one = await peer.request([undefined, noEntity, prxy(scene)], 'PKEY')
      const other = await peer.request([undefined, noEntity, prxy(scene)], 'PKEY')
      const isSame = Buffer.from(one.sessionId).equals(other.sessionId)
      expectSame('the same session id', isSame, true)
      const { min, max } = one.versions
      expectSame('versions within 8 to 17', min >= 8 && max <= 17, true)
    },
  },
  {
    id: 'SMP-P-023',
    title: 'PFWD to an unknown session is PROXY NO_SESSION',
    section: '14.3',
    needs: [fromVersion(8)],
    async run(scene) {
      const peer = await scene.connect('client')
      const transmission = crypto.randomBytes(16_242)
      const key = dhKey().publicKey
      const command = { tag: 'PFWD', version: 17, key, transmission } as const
      await peer.expect([undefined, unknownId(), command], 'ERR PROXY NO_SESSION')
    },
  },
  {
    id: 'SMP-P-024',
    title: 'PRXY to another identity at that address is PROXY BROKER, and not tried again at once',
    section: '9.1',
    needs: [forwarding],
    async run(scene) {
      const peer = await scene.connect('client')
      const { server } = prxy(scene)
      const command = PRXY(
        { ...server, keyHash: crypto.randomBytes(32) },
        scene.facts.told.password,
      )
      await expectBroker(scene, peer, command)
      await expectBroker(scene, peer, command)
    },
  },
  {
    id: 'SMP-P-025',
    title: 'PRXY to a port that nobody has is PROXY BROKER, however many ask',
    section: '14.3',
    needs: [forwarding],
    async run(scene) {
      const peer = await scene.connect('client')
      const asked = Array.from({ length: 10 }, () =>
        expectBroker(scene, peer, prxy(scene, { port: 1 })),
      )
      await Promise.all(asked)
    },
  },
  {
    id: 'SMP-P-026',
    title: 'PRXY to a name that does not exist is PROXY BROKER',
    section: '14.3',
    needs: [forwarding],
    async run(scene) {
      const peer = await scene.connect('client')
      await expectBroker(scene, peer, prxy(scene, { host: 'nowhere.invalid' }))
    },
  },
]

const refusals: readonly Check[] = [
  {
    id: 'SMP-P-031',
    title: 'where forwarding is off, PRXY is PROXY BASIC_AUTH',
    section: '14.3',
    needs: [
      fromVersion(8),
      ({ told }) => (told.proxy === false ? undefined : 'forwarding is not off: --no-proxy'),
    ],
    async run(scene) {
      const peer = await scene.connect('client')
      await peer.expect([undefined, noEntity, prxy(scene)], 'ERR PROXY BASIC_AUTH')
    },
  },
  {
    id: 'SMP-P-032',
    title: 'where a password is asked for, PRXY without it or with another one is BASIC_AUTH',
    section: '14.3',
    needs: [
      forwarding,
      ({ told }) => (told.password === undefined ? 'no password was given' : undefined),
    ],
    async run(scene) {
      const peer = await scene.connect('client')
      const { server } = prxy(scene)
      await peer.table(
        [undefined, noEntity, PRXY(server), 'ERR PROXY BASIC_AUTH'],
        [undefined, noEntity, PRXY(server, 'wrong'), 'ERR PROXY BASIC_AUTH'],
      )
    },
  },
]

export const proxySessionChecks: readonly Check[] = [...sessions, ...refusals]
