/** All ports of a relay, and what is spoken on each. */
import { BlockList, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { Settings } from './config/settings.ts'
import type { Network } from './config/web-values.ts'
import type { Identity } from './identity/identity.ts'
import type { Limits } from './limits/limits.ts'
import type { Visit } from './limits/visit.ts'
import { SocketMeasures, type TransportMeasures } from './measures/transport-measures.ts'
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
  readonly identity: Identity
  /** For browsers. */
  readonly webCertificate: TlsCredentials | undefined
  readonly http: HttpConnections
  readonly limits: Limits
  readonly measures: TransportMeasures | undefined
  randomBytes(length: number): Uint8Array
  /** @param identity what the TLS handshake has shown: the session's key has to be signed with it */
  accept(transport: Transport, identity: Identity): void
}

/** TLS ports speak SMP by the present identity, each with clients of its own. */
interface SmpPort {
  readonly nameless: 'smp' | 'web'
  readonly clients: Clients
  handshakes: TlsHandshakes
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
  readonly #smpPorts: SmpPort[] = []

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

  /** For connections from now on; handshakes that have begun end with the old one. */
  renewIdentity(identity: Identity): void {
    for (const port of this.#smpPorts) port.handshakes = this.#smpHandshakes(identity, port)
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
    const smp: SmpPort = {
      ...{ nameless, clients },
      handshakes: this.#smpHandshakes(identity, { nameless, clients }),
    }
    this.#smpPorts.push(smp)
    const web = webCertificate && this.#webHandshakes(webTlsOptions(webCertificate), clients)
    if (web !== undefined) this.#web.push(web)
    const isProxy = trusted(settings.proxyProtocolFrom)
    return this.#listen({ port, isProxy, clients }, (socket) => {
      const visit = this.#visit(socket, clients.addressOf(socket))
      if (visit === undefined || !this.#awaitTls(socket, visit, clients)) return
      tellPeers(socket, this.#timeoutMs, (peer) => {
        if (visit.mayShakeHands()) (peer === 'web' && web ? web : smp.handshakes).begin(socket)
        else socket.destroy()
      })
    })
  }

  /** Undefined for one that limits refuse, which is then closed. */
  #visit(socket: Socket, address?: string): Visit | undefined {
    const visit = this.#options.limits.connect(address)
    if (visit === undefined) socket.destroy()
    else socket.on('close', () => visit.close())
    return visit
  }

  /** Its place among the handshakes, and its time: both from the first byte that it may send. */
  #awaitTls(socket: Socket, visit: Visit, clients: Clients): boolean {
    const drop = (): unknown => socket.destroy()
    if (!visit.arrives(drop)) {
      drop()
      return false
    }
    const deadline = setTimeout(() => {
      this.#options.measures?.tls.outcomes.add('timeout')
      drop()
    }, this.#timeoutMs)
    socket.on('close', () => clearTimeout(deadline))
    clients.awaits(socket, () => {
      clearTimeout(deadline)
      visit.settles()
    })
    return true
  }

  #openPlain(port: number): Promise<Listener> {
    const { http, randomBytes } = this.#options
    return this.#listen({ port, clients: new Clients() }, (socket) => {
      const visit = this.#visit(socket)
      if (visit === undefined) return
      http.take(socket, {
        kind: 'ws',
        sessionId: () => randomBytes(SESSION_ID_BYTES),
        clientAddress: forwardedFor,
        admits: (address) => visit.isFor(address),
      })
    })
  }

  async #listen(
    options: Pick<ListenOptions, 'port' | 'isProxy' | 'clients'>,
    take: (socket: Socket) => void,
  ): Promise<Listener> {
    const { settings, measures } = this.#options
    const { bind, reusePort } = settings
    const sockets = new SocketMeasures()
    const timeoutMs = this.#timeoutMs
    const listener = await listenOn({ ...options, bind, reusePort, timeoutMs, sockets }, take)
    measures?.sockets.set(listener.port, sockets)
    return listener
  }

  get #tlsOptions() {
    return { timeoutMs: this.#timeoutMs, measures: this.#options.measures?.tls }
  }

  #smpHandshakes(
    identity: Identity,
    { nameless, clients }: Pick<SmpPort, 'nameless' | 'clients'>,
  ): TlsHandshakes {
    const options = smpTlsOptions(identity, this.#options.settings.services)
    if (nameless === 'web') return this.#webHandshakes(options, clients)
    return new TlsHandshakes(options, this.#tlsOptions, (socket) => {
      const transport = tlsTransport(socket, clients.addressOf(socket))
      clients.settle(socket)
      if (transport === undefined) socket.destroy()
      else this.#options.accept(transport, identity)
    })
  }

  #webHandshakes(options: TlsOptions, clients: Clients): TlsHandshakes {
    return new TlsHandshakes(options, this.#tlsOptions, (socket) => {
      const clientAddress = clients.addressOf(socket)
      clients.settle(socket)
      this.#options.http.take(socket, {
        kind: 'wss',
        sessionId: () => socket.getPeerFinished(),
        clientAddress: () => clientAddress,
      })
    })
  }
}
