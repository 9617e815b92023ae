/** TCP connections to other relays: to addresses that were looked at, or through a SOCKS server. */
import { ADDRCONFIG } from 'node:dns'
import { lookup, Resolver } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { network, noHost, RelayFailure } from './failures.ts'
import { connectThrough, type SocksServer } from './socks.ts'
import type { Target } from './target.ts'

export interface DialOptions {
  /** Whether a name may stand for this address. */
  readonly isAllowed: (address: string, host: string) => boolean
  /** Names of this machine and its network too, not only those of DNS. */
  readonly localNames: boolean
  readonly socks: SocksServer | undefined
  /** To be asked for names; undefined: those of the system. */
  readonly dnsServers: readonly string[] | undefined
}

const DNS_MS = 5_000
const DNS_TRIES = 2
/** For each address of a name but the last. */
const ADDRESS_MS = 5_000

/** Asks DNS itself: getaddrinfo has two threads for the whole process, which slow names would hold. */
const resolveByDns = async (
  host: string,
  servers: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const resolver = new Resolver({ timeout: DNS_MS, tries: DNS_TRIES })
  signal.addEventListener('abort', () => resolver.cancel(), { once: true })
  if (servers !== undefined) resolver.setServers(servers)
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}

const resolveLocally = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true, hints: ADDRCONFIG })).map(({ address }) => address)

/** An open connection, to the first of the addresses that takes one. */
const openTcp = (
  host: string,
  port: number,
  { signal, addresses }: { readonly signal: AbortSignal; readonly addresses?: readonly string[] },
): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const all = addresses?.map((address) => ({ address, family: isIP(address) }))
    // what was looked at is what is connected to: nobody asks DNS again
    const socket = connect({
      host,
      port,
      ...(all && {
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: ADDRESS_MS,
        lookup: (_host, _options, done) => done(null, all),
      }),
    })
    const end = (error?: Error): void => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      reject(new RelayFailure(network, { cause: error }))
    }
    const onAbort = (): void => end()
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', end)
    socket.once('connect', () => {
      socket.off('error', end)
      signal.removeEventListener('abort', onAbort)
      resolve(socket)
    })
  })

const dialSocks = async (
  target: Target,
  server: SocksServer | undefined,
  signal: AbortSignal,
): Promise<Socket> => {
  if (server === undefined) throw new RelayFailure(noHost)
  const socket = await openTcp(server.host, server.port, { signal })
  const close = (): unknown => socket.destroy()
  signal.addEventListener('abort', close, { once: true })
  // a broken connection is only ever one that ends
  socket.on('error', close)
  try {
    await connectThrough(socket, server, target)
    socket.off('error', close)
    return socket
  } catch (cause) {
    socket.destroy()
    throw new RelayFailure(network, { cause })
  } finally {
    signal.removeEventListener('abort', close)
  }
}

const abortion = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

const addressesOf = async (
  host: string,
  options: DialOptions,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  if (isIP(host) !== 0) return [host]
  const { dnsServers, localNames } = options
  const isLocal = localNames && dnsServers === undefined
  const resolving = isLocal ? resolveLocally(host) : resolveByDns(host, dnsServers, signal)
  try {
    return await Promise.race([resolving, abortion(signal)])
  } catch (cause) {
    throw new RelayFailure(network, { cause })
  }
}

/**
 * An open TCP connection to the target.
 * @throws RelayFailure; a name that stands for a refused address looks like one that stands for
 * nothing, so that nobody learns the names of the operator's network
 */
export const dial = async (
  target: Target,
  options: DialOptions,
  signal: AbortSignal,
): Promise<Socket> => {
  const { host, port } = target
  if (target.viaSocks) return dialSocks(target, options.socks, signal)
  const found = await addressesOf(host, options, signal)
  const addresses = found.filter((address) => options.isAllowed(address, host))
  if (addresses.length === 0) throw new RelayFailure(network)
  return openTcp(host, port, { signal, addresses })
}
