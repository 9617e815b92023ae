/** Target: hellos of clients, nearly right, and whether each is either taken or the end. */
import type { ClientTransport } from '../../src/client/transport.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { type Bytes, ProtocolError, utf8Bytes } from '../../src/protocol/bytes.ts'
import {
  type ChainAndKey,
  decodeServerHello,
  encodeClientHello,
  encodeSignedKey,
  type ServiceRole,
  signedKeyContent,
} from '../../src/protocol/handshake.ts'
import type { DhKey } from '../../src/protocol/keys.ts'
import { pad, unpad } from '../../src/protocol/padding.ts'
import type { TestIdentity } from '../../test/client/support/identity.ts'
import type { Choices } from './choices.ts'
import { Finding, inTime } from './finding.ts'
import { mutated } from './mutate.ts'
import type { Offer, Reached } from './sessions.ts'
import type { Target } from './target.ts'
import { someDhKey } from './world.ts'

const serviceOf = (
  choices: Choices,
  role: ServiceRole,
  { chain, leafKey }: TestIdentity,
): ChainAndKey & { readonly role: ServiceRole } => {
  const { publicKey } = crypto.generateKeyPair('Ed25519')
  const signature = crypto.sign(leafKey, signedKeyContent(publicKey))
  const signedKey = encodeSignedKey(publicKey, signature)
  const [leaf, authority] = chain
  const shape = choices.percent(60) ? 0 : choices.between(1, 6)
  const shapes: readonly (readonly [Bytes, ...Bytes[]])[] = [
    chain,
    [leaf],
    [authority, leaf],
    [leaf, authority, authority],
    [leaf, leaf, leaf, leaf, leaf],
    [mutated(leaf, choices), authority],
    [choices.bytes(choices.below(40)), authority],
  ]
  return {
    role,
    chain: shapes[shape] ?? chain,
    signedKey: choices.percent(70) ? signedKey : mutated(signedKey, choices),
  }
}

const helloOf = (choices: Choices, keyHash: Bytes, offer: Offer): Bytes => {
  const { version, dialed, sendSessionKey, proxyServer, service } = offer
  const key: DhKey = choices.percent(85)
    ? crypto.generateKeyPair('X25519').publicKey
    : someDhKey(choices)
  const content = encodeClientHello({
    version: choices.percent(90) ? version : choices.of(0, 5, 6, 19, 0xffff),
    keyHash: choices.percent(92) ? keyHash : choices.bytes(choices.of(32, 0, 31, 255)),
    ...(sendSessionKey && { sessionKey: key }),
    proxyServer,
    ...(service &&
      dialed.identity && { service: serviceOf(choices, service.role, dialed.identity) }),
  })
  const changed = choices.percent(60) ? mutated(content, choices) : content
  const block = pad(changed.subarray(0, BLOCK_BYTES - 2), BLOCK_BYTES)
  if (choices.percent(10)) block.set(choices.bytes(2), 0)
  return block
}

/** One command without authorization, which is garbage to an encrypted session. */
const probe = pad(utf8Bytes('\x01\x00\x0b\x00\x04ping\x00PING'), BLOCK_BYTES)

const greet = async (choices: Choices, transport: ClientTransport, hello: Bytes): Promise<void> => {
  const blocks = transport.blocks[Symbol.asyncIterator]()
  const first = await blocks.next()
  if (first.done) throw new Finding('no hello of the relay')
  decodeServerHello(unpad(first.value))
  transport.send(hello)
  // the answer to the probe, or the end; a service is told first what becomes of it
  for (let count = choices.of(1, 3); count > 0; count--) transport.send(probe)
  await blocks.next()
}

const closes = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ConnectionClosed'

const run = async (choices: Choices, { keyHash, offer: make, dial }: Reached): Promise<number> => {
  const offer = make(choices)
  const transport = await dial(offer.dialed, choices)
  try {
    const hello = helloOf(choices, keyHash, offer)
    await inTime('a hello that is neither taken nor refused', greet(choices, transport, hello))
  } catch (error) {
    if (error instanceof ProtocolError) throw new Finding(`the relay's hello: ${error.message}`)
    if (!closes(error)) throw error
  } finally {
    transport.close()
  }
  return 1
}

/** Each connection is a case. */
export const helloTarget = (name: string, reached: Reached): Target => ({
  name,
  run: (choices) => run(choices, reached),
})
