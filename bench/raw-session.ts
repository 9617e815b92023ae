/** A session block by block, where the client library would do too much at once or refuse. */
import type { Socket } from 'node:net'
import {
  createRequestEncoder,
  newCorrelationId,
  type Request,
} from '../src/client/authorization.ts'
import { type Session, shakeHands } from '../src/client/handshake.ts'
import { connectTls } from '../src/client/tls-transport.ts'
import type { ClientTransport } from '../src/client/transport.ts'
import { nativeCrypto as crypto } from '../src/crypto/native.ts'
import { verifyServerChain } from '../src/identity/chain.ts'
import { parseServerAddress } from '../src/protocol/address.ts'
import { BlockPacker, decodeBlock } from '../src/protocol/block.ts'
import type { Bytes } from '../src/protocol/bytes.ts'
import type { Reply } from '../src/protocol/reply.ts'
import { decodeReply } from '../src/protocol/reply-decoder.ts'
import { decodeTransmission } from '../src/protocol/transmission.ts'

export class RawSession {
  readonly #transport: ClientTransport
  readonly #session: Session
  readonly #encode: (request: Request) => Bytes

  private constructor(transport: ClientTransport, session: Session) {
    this.#transport = transport
    this.#session = session
    const encode = createRequestEncoder(crypto, session)
    this.#encode = (request) => encode(request, newCorrelationId(crypto))
  }

  /** `socket`: an open TCP connection to the relay, in place of one that is made. */
  static async open(address: string, socket?: Socket): Promise<RawSession> {
    const { hosts, port = 0, keyHash } = parseServerAddress(address)
    const transport = await connectTls({
      ...{ host: hosts[0], port, alpn: 'smp/1' },
      ...(socket && { socket }),
    })
    const session = await shakeHands(transport, {
      keyHash,
      crypto,
      verifyChain: (chain, hash) => verifyServerChain(chain, hash, new Date()),
    })
    return new RawSession(transport, session)
  }

  /** One block with these requests, ready to send. Blocks must be sent in the order made. */
  seal(requests: readonly Request[]): Bytes {
    const packer = new BlockPacker(16_384)
    for (const request of requests) {
      const transmission = this.#encode(request)
      packer.add((writer) => writer.raw(transmission))
    }
    const [block, ...others] = packer.blocks(this.#session.paddedBytes)
    if (block === undefined || others.length > 0) throw new RangeError('not one block')
    return this.#session.seal(block)
  }

  /** A block with any content, which need not follow the protocol. */
  sealPadded(padded: Bytes): Bytes {
    return this.#session.seal(padded)
  }

  send(block: Bytes): void {
    this.#transport.send(block)
  }

  /** The next block as it came in. */
  async receive(): Promise<Bytes> {
    const { value, done } = await this.#session.blocks.next()
    if (done) throw new Error('the relay closed the connection')
    return value
  }

  open(block: Bytes): readonly Reply[] {
    const { version } = this.#session
    return decodeBlock(this.#session.open(block)).map((bytes) =>
      decodeReply(decodeTransmission(bytes, version).command, version),
    )
  }

  close(): void {
    this.#transport.close()
  }
}
