/** Settings of private message routing. */
import { HOUR, optional, setting, WEEK } from './setting.ts'
import { dnsServers, domains, hostRules, integer, oneOf, onOff, socksServer } from './values.ts'

export const proxySettings = {
  proxy: setting(onOff, 'on', {
    variable: 'SLUICE_PROXY',
    help: 'Whether clients may have commands forwarded to other relays (private message routing).',
  }),
  proxyAllowPrivate: setting(onOff, 'off', {
    variable: 'SLUICE_PROXY_ALLOW_PRIVATE',
    help: 'Whether these may be on private, loopback and other addresses that are not public.',
  }),
  proxyAllow: optional(hostRules, {
    variable: 'SLUICE_PROXY_ALLOW',
    help: 'The only relays forwarded to, by domain (with all below it) or address; absent: all.',
  }),
  proxyDeny: optional(hostRules, {
    variable: 'SLUICE_PROXY_DENY',
    help: 'Relays that are not forwarded to, likewise; wins over `SLUICE_PROXY_ALLOW`.',
  }),
  proxyHostMode: setting(oneOf(['public', 'onion']), 'public', {
    variable: 'SLUICE_PROXY_HOST_MODE',
    help: 'Which host of a relay is used where it has public and `.onion` ones.',
  }),
  proxyHostRequired: setting(onOff, 'off', {
    variable: 'SLUICE_PROXY_HOST_REQUIRED',
    help: 'Whether relays without a host of that kind are not forwarded to.',
  }),
  proxyOwnDomains: optional(domains, {
    variable: 'SLUICE_PROXY_OWN_DOMAINS',
    help: 'Domains of relays that count as one’s own in statistics of what was forwarded.',
  }),
  proxyDns: optional(dnsServers, {
    variable: 'SLUICE_PROXY_DNS',
    help: 'DNS servers that are asked for other relays; absent: those of the system.',
  }),
  socksProxy: optional(socksServer, {
    variable: 'SLUICE_SOCKS_PROXY',
    help: 'SOCKS5 server for connections to other relays; absent: none, and no `.onion` hosts.',
    secret: true,
  }),
  socksMode: setting(oneOf(['onion', 'always']), 'onion', {
    variable: 'SLUICE_SOCKS_MODE',
    help: 'Whether that is used for `.onion` hosts only.',
  }),
  proxyConnectSeconds: setting(integer({ min: 1, max: 600, unit: 'seconds' }), '45', {
    variable: 'SLUICE_PROXY_CONNECT_SECONDS',
    help: 'Time in which a session with another relay must be there.',
  }),
  proxyResponseSeconds: setting(integer({ min: 1, max: 600, unit: 'seconds' }), '30', {
    variable: 'SLUICE_PROXY_RESPONSE_SECONDS',
    help: 'Time in which another relay must answer a command.',
  }),
  proxyRetrySeconds: setting(integer({ min: 0, max: HOUR, unit: 'seconds' }), '30', {
    variable: 'SLUICE_PROXY_RETRY_SECONDS',
    help: 'Time for which a relay that gave no session is not tried again.',
  }),
  proxyIdleSeconds: setting(integer({ min: 1, max: WEEK, unit: 'seconds' }), `${HOUR}`, {
    variable: 'SLUICE_PROXY_IDLE_SECONDS',
    help: 'Time after which a session with another relay that nobody uses is closed.',
  }),
  proxyClientConcurrency: setting(integer({ min: 1, max: 10_000, unit: 'commands' }), '32', {
    variable: 'SLUICE_PROXY_CLIENT_CONCURRENCY',
    help: 'Commands of one client that other relays work on at a time; more wait, or are refused.',
  }),
  proxyConcurrency: setting(integer({ min: 1, max: 1_000_000, unit: 'commands' }), '2048', {
    variable: 'SLUICE_PROXY_CONCURRENCY',
    help: 'Commands that other relays work on at a time in total, a quarter of them at one relay.',
  }),
}
