/** A destination of forwarded commands whose every answer is written by the test. */
import assert from 'node:assert/strict'
import { type ForwardingKey, openForwarded, sealResponse } from '../../src/crypto/forwarding.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { type Bytes, latin1Text } from '../../src/protocol/bytes.ts'
import { makeIdentity } from '../client/support/identity.ts'
import { type Received, ScriptedServer } from '../client/support/scripted-server.ts'
import { listenTls, type TlsListener } from '../client/support/tls-server.ts'
import { dhKey, PRXY, randomText, spki, unsigned } from './wire.ts'
import type { WireClient } from './wire-client.ts'
import type { TlsConnection } from './wire-tls.ts'

export const identity = makeIdentity()

export interface Arrived {
  readonly request: Received<'RFWD'>
  /** The client's transmission, as it was given to PFWD. */
  readonly transmission: Bytes
  readonly version: number
  readonly clientCorrId: string
  readonly key: ForwardingKey
}

/** One session of the forwarding relay. */
export class Destination {
  readonly server: ScriptedServer

  constructor(server: ScriptedServer) {
    this.server = server
  }

  async next(): Promise<Arrived> {
    const request = await this.server.expect('RFWD')
    const { sessionKey = assert.fail() } = this.server.hello
    const secret = crypto.x25519(this.server.privateKey, sessionKey.raw) ?? assert.fail()
    const key = { secret, correlationId: request.correlationId }
    const forwarded = openForwarded(crypto, key, request.command.transmission) ?? assert.fail()
    const { correlationId, transmission, version } = forwarded
    return { request, key, transmission, version, clientCorrId: latin1Text(correlationId) }
  }

  answers({ request, key, clientCorrId }: Arrived, response: string): void {
    const content = sealResponse(crypto, key, {
      correlationId: Buffer.from(clientCorrId, 'latin1'),
      response: Buffer.from(response, 'latin1'),
    })
    this.server.answer(request, { tag: 'RRES', response: content })
  }
}

export class DestinationListener implements AsyncDisposable {
  readonly #listener: TlsListener

  constructor(listener: TlsListener) {
    this.#listener = listener
  }

  static async start(): Promise<DestinationListener> {
    return new DestinationListener(await listenTls(identity))
  }

  get request(): string {
    const { keyHash } = identity
    return PRXY({ hosts: ['127.0.0.1'], port: String(this.#listener.port), keyHash })
  }

  /** The next session that the forwarding relay opens. */
  async accept(): Promise<Destination> {
    const { value, done } = await this.#listener.peers.next()
    assert.ok(!done)
    return new Destination(await ScriptedServer.accept(value, { identity }))
  }

  /** PRXY, and the id of the session in PKEY. */
  async sessionOf(client: WireClient<TlsConnection>): Promise<string> {
    const corrId = randomText(24)
    client.says([unsigned, corrId, '', this.request])
    const [heardCorrId, entityId, reply] = await client.next()
    assert.deepEqual([heardCorrId, entityId, reply.slice(0, 5)], [corrId, '', 'PKEY '])
    return reply.slice(6, 6 + reply.charCodeAt(5))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener[Symbol.asyncDispose]()
  }
}

const clientKey = spki(dhKey().publicKey)

export const PFWD = (transmission: string, version = 17): string =>
  `PFWD ${String.fromCharCode(version >>> 8, version & 0xff)}${clientKey}${transmission}`
