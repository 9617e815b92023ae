/** All ports of a relay, and what is spoken on each. */
import { BlockList, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { Settings } from './config/settings.ts'
import type { Network } from './config/web-values.ts'
import { Clients } from './transport/clients.ts'
import { forwardedFor, type HttpConnections } from './transport/http.ts'
import { type Listener, type ListenOptions, listenOn } from './transport/listener.ts'
import { tellPeers } from './transport/routes.ts'
import {
  smpTlsOptions,
  type TlsCredentials,
  TlsHandshakes,
  tlsTransport,
  webTlsOptions,
} from './transport/tls.ts'
import type { Transport } from './transport/transport.ts'

export interface ListenersOptions {
  readonly settings: Settings
  readonly identity: TlsCredentials
  /** For browsers. */
  readonly webCertificate: TlsCredentials | undefined
  readonly http: HttpConnections
  randomBytes(length: number): Uint8Array
  accept(transport: Transport): void
}

const SESSION_ID_BYTES = 32

const trusted = (networks: readonly Network[] | undefined): ListenOptions['isProxy'] => {
  if (networks === undefined) return undefined
  const list = new BlockList()
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family)
  return (address) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
}

export class Listeners {
  readonly #options: ListenersOptions
  readonly #timeoutMs: number
  readonly #smp: Listener[] = []
  readonly #wss: Listener[] = []
  readonly #ws: Listener[] = []
  readonly #web: TlsHandshakes[] = []

  constructor(options: ListenersOptions) {
    this.#options = options
    this.#timeoutMs = options.settings.handshakeTimeoutSeconds * 1000
  }

  /** Where it listens, in the order of the settings. */
  get ports(): Readonly<Record<'smp' | 'wss' | 'ws', readonly number[]>> {
    const portsOf = (listeners: readonly Listener[]) => listeners.map(({ port }) => port)
    return { smp: portsOf(this.#smp), wss: portsOf(this.#wss), ws: portsOf(this.#ws) }
  }

  /** @throws a listener's error, such as EADDRINUSE; those before it are left open */
  async open(): Promise<void> {
    const { ports, wssPorts = [], wsPorts = [] } = this.#options.settings
    for (const port of ports) this.#smp.push(await this.#openTls(port, 'smp'))
    for (const port of wssPorts) this.#wss.push(await this.#openTls(port, 'web'))
    for (const port of wsPorts) this.#ws.push(await this.#openPlain(port))
  }

  /** For connections from now on; without effect if there was no certificate before. */
  renewWebCertificate(certificate: TlsCredentials): void {
    for (const handshakes of this.#web) handshakes.renew(webTlsOptions(certificate))
  }

  /** Stops accepting; open connections stay. */
  stop(): void {
    for (const listener of this.#all) listener.stop()
  }

  /** Closes what is still open, at once. */
  destroy(): void {
    for (const listener of this.#all) listener.destroy()
  }

  get #all(): readonly Listener[] {
    return [...this.#smp, ...this.#wss, ...this.#ws]
  }

  /** @param nameless what is spoken with clients that name no server */
  #openTls(port: number, nameless: 'smp' | 'web'): Promise<Listener> {
    const { identity, webCertificate, settings } = this.#options
    const clients = new Clients()
    const smp = this.#handshakes(smpTlsOptions(identity, settings.services), nameless, clients)
    const web = webCertificate && this.#handshakes(webTlsOptions(webCertificate), 'web', clients)
    if (web !== undefined) this.#web.push(web)
    const isProxy = trusted(settings.proxyProtocolFrom)
    return this.#listen({ port, isProxy, clients }, (socket) => {
      if (web === undefined) smp.begin(socket)
      else tellPeers(socket, this.#timeoutMs, (peer) => (peer === 'web' ? web : smp).begin(socket))
    })
  }

  #openPlain(port: number): Promise<Listener> {
    const { http, randomBytes } = this.#options
    return this.#listen({ port, clients: new Clients() }, (socket) =>
      http.take(socket, {
        sessionId: () => randomBytes(SESSION_ID_BYTES),
        clientAddress: forwardedFor,
      }),
    )
  }

  #listen(
    options: Pick<ListenOptions, 'port' | 'isProxy' | 'clients'>,
    take: (socket: Socket) => void,
  ): Promise<Listener> {
    const { bind, reusePort } = this.#options.settings
    return listenOn({ ...options, bind, reusePort, timeoutMs: this.#timeoutMs }, take)
  }

  #handshakes(tls: TlsOptions, speaks: 'smp' | 'web', clients: Clients): TlsHandshakes {
    const { http, accept } = this.#options
    return new TlsHandshakes(tls, this.#timeoutMs, (socket) => {
      const clientAddress = clients.addressOf(socket)
      if (speaks === 'web')
        return http.take(socket, {
          sessionId: () => socket.getPeerFinished(),
          clientAddress: () => clientAddress,
        })
      const transport = tlsTransport(socket, clientAddress)
      if (transport === undefined) socket.destroy()
      else accept(transport)
    })
  }
}
