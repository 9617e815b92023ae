/** The relay under fuzz in a process of its own, and what it says of itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connectNodeWebSocket } from '../../src/client/node-web-socket.ts'
import { connectTls } from '../../src/client/tls-transport.ts'
import { parseServerAddress } from '../../src/protocol/address.ts'
import { makeWebCertificate } from '../../test/support/web-certificate.ts'
import { RelayUnderTest } from '../relay-under-test.ts'
import { BALANCER, HANDSHAKE_MS, HOST, type Place } from './place.ts'
import { type Reached, someOffer, verifyChain } from './sessions.ts'

const adminToken = 'fuzz-fuzz-fuzz-fuzz'
const ERROR_LEVEL = 50
const GONE_MS = 15_000
const MOST_LINES = 50

/** Short times: what is left half-open has to be gone before memory is read. */
const settings = {
  SLUICE_WS_PORT: '0',
  SLUICE_OPS_PORT: '0',
  SLUICE_ADMIN_PORT: '0',
  SLUICE_ADMIN_TOKEN: adminToken,
  SLUICE_BLOCK_QUOTA: '0',
  SLUICE_HANDSHAKE_TIMEOUT_SECONDS: String(HANDSHAKE_MS / 1000),
  SLUICE_PROXY_PROTOCOL_FROM: `${BALANCER}/32`,
  SLUICE_PROXY_ALLOW_PRIVATE: 'on',
  SLUICE_PROXY_CONNECT_SECONDS: '2',
  SLUICE_PROXY_RESPONSE_SECONDS: '5',
  SLUICE_PROXY_RETRY_SECONDS: '1',
  SLUICE_PROXY_IDLE_SECONDS: '1',
  SLUICE_NOTIFICATION_INTERVAL_MS: '10',
} as const

/** Lines of the log that say that something went wrong, and all that is no line of a log. */
export const isProblem = (line: string): boolean => {
  try {
    const { level }: { level?: unknown } = JSON.parse(line)
    return typeof level !== 'number' || level >= ERROR_LEVEL
  } catch {
    return line !== ''
  }
}

export class FuzzedRelay implements AsyncDisposable {
  readonly relay: RelayUnderTest
  readonly place: Place
  readonly #problems: string[]
  readonly #directory: string

  private constructor(
    parts: Pick<FuzzedRelay, 'relay' | 'place'>,
    problems: string[],
    directory: string,
  ) {
    this.relay = parts.relay
    this.place = parts.place
    this.#problems = problems
    this.#directory = directory
  }

  /** @param env settings beside those that every run has */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<FuzzedRelay> {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-fuzz-'))
    const [webCert, webKey] = [join(directory, 'web.crt'), join(directory, 'web.key')]
    const { chainPem, keyPem } = makeWebCertificate()
    await Promise.all([writeFile(webCert, chainPem), writeFile(webKey, keyPem)])
    const problems: string[] = []
    const note = (line: string): void => {
      if (problems.length < MOST_LINES && isProblem(line)) problems.push(line)
    }
    const relay = await RelayUnderTest.start(
      { ...settings, SLUICE_WEB_CERT: webCert, SLUICE_WEB_KEY: webKey, ...env },
      { onLine: note, onExit: () => problems.push('the relay’s process ended') },
    )
    const { keyHash, port: smpPort = 0 } = parseServerAddress(relay.address)
    const { ws: wsPort, ops: opsPort, admin: adminPort } = await relay.otherPorts()
    const { address } = relay
    const place = { address, keyHash, smpPort, wsPort, opsPort, adminPort, adminToken }
    return new FuzzedRelay({ relay, place }, problems, directory)
  }

  /** What it has logged as an error, or died of. */
  get problems(): readonly string[] {
    return this.#problems
  }

  /** Itself, as a destination of private routing. */
  get #servers() {
    const { keyHash, smpPort } = this.place
    return [{ hosts: [HOST], port: String(smpPort), keyHash }] as const
  }

  overTls(): Reached {
    const { keyHash, smpPort: port } = this.place
    return {
      ...{ keyHash, servers: this.#servers, offer: someOffer },
      dial: ({ alpn, identity }) =>
        connectTls({ ...{ host: HOST, port, alpn }, ...(identity && { certificate: identity }) }),
    }
  }

  overWebSocket(): Reached {
    const { keyHash, wsPort } = this.place
    return {
      ...{ keyHash, servers: this.#servers },
      // without TLS of the relay's own, blocks have to be encrypted
      offer: (choices) => ({
        version: choices.between(11, 18),
        dialed: { alpn: false },
        sendSessionKey: true,
        proxyServer: false,
      }),
      dial: () => connectNodeWebSocket({ url: `ws://${HOST}:${wsPort}`, keyHash, verifyChain }),
    }
  }

  /** Resolves when only so many connections are left; what is wrong if that does not come. */
  async settled(connections: number): Promise<string | undefined> {
    let open = await this.relay.open()
    for (let waited = 0; open.connections > connections && waited < GONE_MS; waited += 100) {
      await delay(100)
      open = await this.relay.open()
    }
    if (open.connections <= connections) return undefined
    return `${open.connections} connections are open instead of ${connections}`
  }

  /** TCP connections that are open in its process, those it listens with not among them. */
  async sockets(): Promise<number> {
    const { resources } = await this.relay.open()
    return resources.filter((name) => name === 'TCPSocketWrap').length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.relay[Symbol.asyncDispose]()
    await rm(this.#directory, { recursive: true })
  }
}
