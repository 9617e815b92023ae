/** One connection to an SMP server, with what it shows of itself on the way. */
import { X509Certificate } from 'node:crypto'
import { openConnection, type SmpConnection } from '../client/connection.ts'
import { connectTls } from '../client/tls-transport.ts'
import type { ClientTransport } from '../client/transport.ts'
import { nativeCrypto } from '../crypto/native.ts'
import { fingerprintOf, verifyServerChain } from '../identity/chain.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { decodeServerHello } from '../protocol/handshake.ts'
import { unpad } from '../protocol/padding.ts'
import { base64url } from '../protocol/text.ts'
import type { Version, VersionRange } from '../protocol/version.ts'

export interface ProbeOptions {
  readonly host: string
  readonly port: number
  readonly keyHash: Bytes
  /** Ends the attempt; a connection that is open then stays open. */
  readonly signal: AbortSignal
}

/** What a server showed; with an attempt that failed, as far as it came. */
export interface Findings {
  tls?: { readonly version: string; readonly cipher: string; readonly ms: number }
  certificate?:
    | {
        readonly fingerprint: string
        readonly count: number
        readonly algorithm: string
        readonly validUntil: Date
      }
    | undefined
  offeredVersions?: VersionRange | undefined
  session?: {
    readonly version: Version
    readonly idBytes: number
    readonly hasEncryptedBlocks: boolean
    readonly ms: number
  }
}

// Our client offers one cipher suite to each version of TLS, and the length of Finished tells them
// apart: 12 bytes in TLS 1.2 (RFC 5246, 7.4.9), the hash's length in TLS 1.3 (RFC 8446, 4.4.4).
const TLS12_FINISHED_BYTES = 12

const tlsOf = ({ length }: Bytes) =>
  length === TLS12_FINISHED_BYTES
    ? { version: '1.2', cipher: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256' }
    : { version: '1.3', cipher: 'TLS_CHACHA20_POLY1305_SHA256' }

const certificateOf = (chain: readonly Bytes[]): Findings['certificate'] => {
  const [leaf] = chain
  const fingerprint = fingerprintOf(chain)
  if (leaf === undefined || fingerprint === undefined) return undefined
  const { publicKey, validToDate } = new X509Certificate(leaf)
  return {
    fingerprint: base64url(fingerprint),
    count: chain.length,
    algorithm: publicKey.asymmetricKeyType ?? 'unknown',
    validUntil: validToDate,
  }
}

/** Shows the first block also to `onFirst`: the hello, whose versions the session does not keep. */
const watchFirst = (
  transport: ClientTransport,
  onFirst: (block: Bytes) => void,
): ClientTransport => {
  const watch = async function* (): AsyncGenerator<Bytes> {
    let isFirst = true
    for await (const block of transport.blocks) {
      if (isFirst) onFirst(block)
      isFirst = false
      yield block
    }
  }
  return {
    ...(transport.binding && { binding: transport.binding }),
    blocks: watch(),
    send: (block) => transport.send(block),
    close: () => transport.close(),
  }
}

const offeredBy = (hello: Bytes): VersionRange | undefined => {
  try {
    return decodeServerHello(unpad(hello)).versions
  } catch {
    return undefined // the handshake says what is wrong with it
  }
}

const shakeHands = async (
  transport: ClientTransport,
  keyHash: Bytes,
  findings: Findings,
): Promise<SmpConnection> => {
  const startedAt = performance.now()
  const watched = watchFirst(transport, (hello) => {
    findings.offeredVersions = offeredBy(hello)
  })
  const connection = await openConnection(watched, {
    keyHash,
    crypto: nativeCrypto,
    verifyChain: (chain, expected) => verifyServerChain(chain, expected, new Date()),
  })
  const { version, sessionId, isEncrypted } = connection.session
  findings.session = {
    version,
    idBytes: sessionId.length,
    hasEncryptedBlocks: isEncrypted,
    ms: performance.now() - startedAt,
  }
  return connection
}

/**
 * Connects to one host and writes down what it sees.
 * @throws HandshakeError, or anything when `signal` was aborted
 */
export const probe = async (
  { host, port, keyHash, signal }: ProbeOptions,
  findings: Findings,
): Promise<SmpConnection> => {
  const startedAt = performance.now()
  const transport = await connectTls({ host, port, alpn: 'smp/1', signal })
  const close = (): void => transport.close()
  signal.addEventListener('abort', close, { once: true })
  if (transport.binding !== undefined) {
    const { sessionId, chain = [] } = transport.binding
    findings.tls = { ...tlsOf(sessionId), ms: performance.now() - startedAt }
    findings.certificate = certificateOf(chain)
  }
  try {
    return await shakeHands(transport, keyHash, findings)
  } finally {
    signal.removeEventListener('abort', close)
  }
}
