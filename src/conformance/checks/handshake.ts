/** TLS and the hellos (SMP, 2 and 3). */

import type { ClientTransport } from '../../client/transport.ts'
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { BLOCK_BYTES } from '../../protocol/block.ts'
import {
  type Bytes,
  concatBytes,
  equalBytes,
  latin1Bytes,
  latin1Text,
  noBytes,
} from '../../protocol/bytes.ts'
import { decodeServerHello, encodeClientHello, type ServerHello } from '../../protocol/handshake.ts'
import { noEntity } from '../../protocol/ids.ts'
import { pad, unpad } from '../../protocol/padding.ts'
import { encodeTail, encodeTransmission } from '../../protocol/transmission.ts'
import { Writer } from '../../protocol/writer.ts'
import { type Check, expectSame, Mismatch } from '../check.ts'
import { PING } from '../commands.ts'
import { dialTls } from '../dial.ts'
import { atVersion } from '../facts.ts'
import type { Scene } from '../scene.ts'

interface Greeted {
  readonly transport: ClientTransport
  readonly blocks: AsyncIterator<Bytes>
  readonly hello: ServerHello
}

/** After the server's hello, before anything is said. */
const greeted = async (scene: Scene, alpn?: false): Promise<Greeted> => {
  const transport = await dialTls(scene.server, alpn, scene.limits)
  scene.signal.addEventListener('abort', () => transport.close(), { once: true })
  const blocks = transport.blocks[Symbol.asyncIterator]()
  const next = await inTime(scene, blocks.next())
  if (next === undefined || next.done) throw new Mismatch('the hello of the server', 'none')
  return { transport, blocks, hello: decodeServerHello(unpad(next.value)) }
}

/** Undefined when it takes too long. */
const inTime = async <T>(scene: Scene, promise: Promise<T>): Promise<T | undefined> => {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), scene.limits.ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Says this content as the client's hello: the server ends the connection without a word. */
const expectEnd = async (scene: Scene, content: (hello: ServerHello) => Bytes): Promise<void> => {
  const { transport, blocks, hello } = await greeted(scene)
  transport.send(pad(content(hello), BLOCK_BYTES))
  // a client that is refused is not to learn why; one that is served would get PONG
  const end = blocks.next().catch(() => ({ done: true, value: undefined }))
  const next = await inTime(scene, end)
  transport.close()
  if (next === undefined) throw new Mismatch('the end of the connection', 'nothing')
  expectSame('a connection that has ended', next.done === true, true)
}

const helloIn = (scene: Scene, version: number, keyHash = scene.server.keyHash): Bytes =>
  encodeClientHello({
    version,
    keyHash,
    sessionKey: crypto.generateKeyPair('X25519').publicKey,
    proxyServer: false,
  })

const good: readonly Check[] = [
  {
    id: 'SMP-H-001',
    title: 'the hello is of this TLS session, by the identity of the address, with a signed key',
    section: '3.4',
    async run(scene) {
      const peer = await scene.connect('client')
      await peer.expect([undefined, noEntity, PING], 'PONG')
    },
  },
  {
    id: 'SMP-H-002',
    title: 'every connection has a session id and a key of its own',
    section: '3.1',
    async run(scene) {
      const [one, other] = [await greeted(scene), await greeted(scene)]
      one.transport.close()
      other.transport.close()
      expectSame('equal ids', equalBytes(one.hello.sessionId, other.hello.sessionId), false)
      const keys = [one, other].map(({ hello }) => hello.authentication?.signedKey)
      if (keys[0] && keys[1]) expectSame('equal keys', equalBytes(keys[0], keys[1]), false)
    },
  },
  {
    id: 'SMP-H-003',
    title: 'a client without ALPN is offered version 6',
    section: '2.2',
    needs: [atVersion(6)],
    async run(scene) {
      const { transport, hello } = await greeted(scene, false)
      transport.close()
      const { min, max } = hello.versions
      expectSame('version 6', min <= 6 && max >= 6, true)
      scene.note(`without ALPN versions ${min} to ${max} are offered`)
      const peer = await scene.connect('client', { alpn: false, version: 6 })
      await peer.expect([undefined, noEntity, PING], 'PONG')
    },
  },
  {
    id: 'SMP-H-004',
    title: 'bytes after the client’s hello are ignored',
    section: '3',
    async run(scene) {
      const { transport, blocks, hello } = await greeted(scene)
      const content = encodeClientHello({
        version: scene.facts.versions.max,
        keyHash: scene.server.keyHash,
        proxyServer: false,
      })
      transport.send(pad(concatBytes(content, Uint8Array.of(1, 2, 3)), BLOCK_BYTES))
      // without a session key the blocks are not encrypted
      const session = { version: scene.facts.versions.max, sessionId: hello.sessionId }
      const fields = { correlationId: crypto.randomBytes(24), entityId: noEntity }
      const ping = encodeTransmission(session, noBytes, encodeTail(fields, latin1Bytes('PING')))
      transport.send(pad(new Writer().u8(1).large(ping).bytes(), BLOCK_BYTES))
      const next = await inTime(scene, blocks.next())
      transport.close()
      if (next === undefined || next.done) throw new Mismatch('PONG', 'nothing')
      expectSame('PONG', latin1Text(unpad(next.value)).endsWith('PONG'), true)
    },
  },
]

const refused: readonly Check[] = [
  {
    id: 'SMP-H-011',
    title: 'a hello for another identity ends the connection',
    section: '3.5',
    run: (scene) =>
      expectEnd(scene, ({ versions }) =>
        helloIn(scene, Math.min(versions.max, 18), crypto.randomBytes(32)),
      ),
  },
  {
    id: 'SMP-H-012',
    title: 'a version above those offered ends the connection',
    section: '3.5',
    run: (scene) => expectEnd(scene, ({ versions }) => helloIn(scene, versions.max + 1)),
  },
  {
    id: 'SMP-H-013',
    title: 'a version below those offered ends the connection',
    section: '3.5',
    run: (scene) => expectEnd(scene, ({ versions }) => helloIn(scene, versions.min - 1)),
  },
  {
    id: 'SMP-H-014',
    title: 'a hello that does not parse ends the connection',
    section: '3.5',
    run: (scene) => expectEnd(scene, () => Uint8Array.of(0, 18, 200)),
  },
]

export const handshakeChecks: readonly Check[] = [...good, ...refused]
