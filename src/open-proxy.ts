/** Private message routing by the settings. */
import type { Settings } from './config/settings.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import { HostRules } from './proxy/host-rules.ts'
import { Relays } from './proxy/relays.ts'
import type { TargetRules } from './proxy/target.ts'

const targetRules = (settings: Settings): TargetRules => ({
  allow: settings.proxyAllow && new HostRules(settings.proxyAllow),
  deny: new HostRules(settings.proxyDeny ?? []),
  allowPrivate: settings.proxyAllowPrivate,
  socks: settings.socksProxy && settings.socksMode,
  hostMode: settings.proxyHostMode,
  hostRequired: settings.proxyHostRequired,
})

/** Undefined where nothing is to be forwarded for clients. */
export const openProxy = (
  settings: Settings,
  parts: {
    readonly crypto: CryptoProvider
    readonly now: () => number
    readonly onFault: (error: unknown, during: string) => void
  },
): Relays | undefined => {
  if (!settings.proxy) return undefined
  return new Relays({
    ...parts,
    rules: targetRules(settings),
    ownDomains: new HostRules(settings.proxyOwnDomains ?? []),
    socks: settings.socksProxy,
    dnsServers: settings.proxyDns,
    connectMs: settings.proxyConnectSeconds * 1000,
    responseMs: settings.proxyResponseSeconds * 1000,
    failureMs: settings.proxyRetrySeconds * 1000,
    idleMs: settings.proxyIdleSeconds * 1000,
    concurrency: settings.proxyConcurrency,
  })
}
