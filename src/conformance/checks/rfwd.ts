/** RFWD as another server makes it, and the client's block inside (SMP, 9.4). */

import {
  FORWARDED_BYTES,
  type ForwardingKey,
  openResponse,
  sealForwarded,
} from '../../crypto/forwarding.ts'
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import type { KeyPair } from '../../crypto/provider.ts'
import { decodeBlock } from '../../protocol/block.ts'
import { type Bytes, latin1Text, noBytes } from '../../protocol/bytes.ts'
import type { Command } from '../../protocol/command.ts'
import { noEntity } from '../../protocol/ids.ts'
import { pad } from '../../protocol/padding.ts'
import { decodeReply } from '../../protocol/reply-decoder.ts'
import { decodeTransmission, encodeTail } from '../../protocol/transmission.ts'
import { Writer } from '../../protocol/writer.ts'
import { Mismatch } from '../check.ts'
import { type CommandOrText, commandBytes, dhKey } from '../commands.ts'
import type { Heard, Line } from '../line.ts'
import type { Peer } from '../peer.ts'
import type { Scene } from '../scene.ts'
import { type Signer, transmissionOf } from '../signer.ts'
import { commandText, replyText } from '../words.ts'

const VERSION = 17

export interface Forwarding {
  readonly peer: Peer
  /** Of the other server and this one. */
  readonly secret: Bytes
  readonly serverKey: Bytes
}

export const forwarding = async (scene: Scene): Promise<Forwarding> => {
  const peer = await scene.connect('other server', { proxyServer: true })
  const { secret, serverKey } = peer.session
  if (secret === undefined || serverKey === undefined) throw new Mismatch('a session key', 'none')
  return { peer, secret, serverKey }
}

interface Inner {
  readonly correlationId: Bytes
  readonly clientKey: KeyPair<'X25519'>
  readonly secret: Bytes
}

export const newInner = (serverKey: Bytes): Inner => {
  const clientKey = dhKey()
  const secret = crypto.x25519(clientKey.privateKey, serverKey)
  if (secret === undefined) throw new Mismatch('a session key', 'one of low order')
  return { correlationId: crypto.randomBytes(24), clientKey, secret }
}

export const batch = (transmissions: readonly Bytes[]): Bytes => {
  const writer = new Writer(FORWARDED_BYTES).u8(transmissions.length)
  for (const one of transmissions) writer.large(one)
  return writer.bytes()
}

export const innerBlock = (
  { peer }: Forwarding,
  { correlationId }: Inner,
  lines: readonly Line[],
): Bytes => {
  const binding = { ...peer.session, version: VERSION }
  return batch(
    lines.map(([by, entityId, command]) => {
      const tail = encodeTail({ correlationId, entityId }, commandBytes(command, VERSION))
      return transmissionOf(binding, by, { correlationId, tail })
    }),
  )
}

/** RFWD of a client's block, padded and sealed as it should be unless `boxed` stands for it. */
export const rfwd = async (
  { peer, secret }: Forwarding,
  inner: Inner,
  block: { readonly content: Bytes } | { readonly boxed: Bytes },
): Promise<{ readonly heard: Heard; readonly key: ForwardingKey }> => {
  const correlationId = crypto.randomBytes(24)
  const key = { secret, correlationId }
  const transmission =
    'boxed' in block
      ? block.boxed
      : crypto.box(inner.secret, inner.correlationId, pad(block.content, FORWARDED_BYTES))
  const forwarded = {
    correlationId: inner.correlationId,
    version: VERSION,
    key: inner.clientKey.publicKey,
    transmission,
  }
  const command: Command<'RFWD'> = {
    tag: 'RFWD',
    transmission: sealForwarded(crypto, key, forwarded),
  }
  return { heard: await peer.ask([undefined, noEntity, command], correlationId), key }
}

/** The reply inside RRES. */
export const innerReply = (
  scene: Scene,
  { heard, key }: Awaited<ReturnType<typeof rfwd>>,
  inner: Inner,
): string => {
  const { reply, text } = heard
  if (reply?.tag !== 'RRES') return text
  const response = openResponse(crypto, key, reply.response)
  const padded =
    response && crypto.openBox(inner.secret, inner.correlationId.toReversed(), response.response)
  if (padded === undefined) throw new Mismatch('RRES', 'one that does not open')
  const [bytes = noBytes] = decodeBlock(padded)
  const { command, correlationId } = decodeTransmission(bytes, VERSION)
  const decoded = decodeReply(command, VERSION)
  const isEchoed = latin1Text(correlationId) === latin1Text(inner.correlationId)
  if (decoded.tag !== 'ERR' && !isEchoed)
    throw new Mismatch('the correlation id of the client', 'another one')
  return replyText(decoded, scene.names)
}

const forward = async (
  scene: Scene,
  way: Forwarding,
  line: readonly [by: Signer, to: string, command: CommandOrText],
): Promise<string> => {
  const inner = newInner(way.serverKey)
  scene.transcript.said('client behind it', commandText(line[2], scene.names))
  const sent = await rfwd(way, inner, { content: innerBlock(way, inner, [line]) })
  const text = innerReply(scene, sent, inner)
  scene.transcript.heard('client behind it', text)
  return text
}

export const expectInner = async (scene: Scene, way: Forwarding, line: Line, expected: string) => {
  const text = await forward(scene, way, line)
  if (text !== expected) throw new Mismatch(`${expected} inside RRES`, text)
}
