import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Logger, pino } from 'pino'
import type { Settings } from '../config/settings.ts'
import type { Identity } from '../identity/identity.ts'
import type { WebCertificate } from '../identity/web-certificate.ts'
import { Ops } from '../ops/ops.ts'
import { packageVersion } from '../package-version.ts'
import { type Relay, type RelayOptions, startRelay } from '../relay.ts'
import type { Command } from './command.ts'
import {
  addressText,
  firstOrPresentIdentity,
  givenInformation,
  givenSettings,
  givenWebCertificate,
  presentIdentity,
} from './given.ts'
import type { Io } from './io.ts'
import { listenFailure, opsPlace, portFailure } from './listen-failure.ts'
import { redisFailure } from './redis-failure.ts'
import { Reload } from './reload.ts'
import { aborted } from './signals.ts'

/** Exit code of a relay that did not answer all that it was asked before it stopped. */
const CUT_OFF = 3
/** For Redis, which may not answer, when no connection is left. */
const CLOSE_MS = 2_000

const identityOf = async (settings: Settings, log: Logger): Promise<Identity> => {
  const { dataDir: directory, redisUrl } = settings
  // each relay with an identity of its own would be no cluster
  if (redisUrl !== undefined) return presentIdentity(directory)
  return firstOrPresentIdentity(settings, () => log.info({ directory }, 'made a new identity'))
}

const webCertificateOf = async (
  settings: Settings,
  log: Logger,
): Promise<WebCertificate | undefined> => {
  const certificate = await givenWebCertificate(settings)
  // SMP goes on without it
  if (certificate !== undefined && certificate.notAfter < new Date())
    log.warn({ notAfter: certificate.notAfter }, 'the web certificate has expired')
  return certificate
}

const listen = async (options: RelayOptions): Promise<Relay> => {
  const { settings } = options
  try {
    return await startRelay(options)
  } catch (error) {
    throw listenFailure(redisFailure(error), settings)
  }
}

/** The first thing that is there: probes are answered while the rest is waited for. */
const opsOf = async (settings: Settings): Promise<Ops | undefined> => {
  const { opsPort: port } = settings
  const place = opsPlace(settings)
  try {
    return port === undefined ? undefined : await Ops.open({ ...place, port })
  } catch (error) {
    throw portFailure(error, place)
  }
}

/** All connections, answered or not, within the bound. */
const stop = async (relay: Relay, io: Io, log: Logger): Promise<number> => {
  const drain = relay.drain()
  const { connectionsLeft: connections, secondsLeft } = drain
  const seconds = Math.round(secondsLeft)
  log.info({ signal: io.signal.reason, connections, seconds }, 'stopping')
  void aborted(io.hurry()).then(() => {
    log.info({ connections: drain.connectionsLeft }, 'hurrying')
    drain.hasten()
  })
  const { cutOff } = await drain.done
  if (cutOff > 0) log.warn({ connections: cutOff }, 'cut off with commands under way')
  await Promise.race([relay.close(), delay(CLOSE_MS, undefined, { ref: false })])
  log.info('stopped')
  return cutOff > 0 ? CUT_OFF : 0
}

export const start: Command = {
  usage: 'start',
  about: `
Runs a relay in the foreground. When it accepts connections it prints one line with its
address (without the password, which 'sluice address' adds); logs go to stderr.

At the first start an identity is made in SLUICE_DATA_DIR. Queues and messages are kept in
memory and end with the process, unless SLUICE_REDIS_URL names a Redis or Valkey: then any
number of relays with one identity (see 'sluice init') share what is there, which 'sluice
cluster' shows on one machine.

All settings are environment variables, or lines of the file SLUICE_CONFIG: 'sluice check --help'
lists them, 'sluice check' finds mistakes.

Certificates and most settings in files are taken over when they change, and at SIGHUP.

SIGTERM or Ctrl-C stops the relay: it closes its connections, spread over up to
SLUICE_DRAIN_SECONDS; a second one lets it hurry, a third one ends it at once. The exit code is
0 when all that clients had asked was answered, and 3 when something had to be cut off.`,
  options: {},
  async run(args, io) {
    parseArgs({ args: [...args] })
    const settings = givenSettings(io)
    const { logLevel: level } = settings
    const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, io.stderr)
    const information = givenInformation(settings)
    await using ops = await opsOf(settings)
    const identity = await identityOf(settings, log)
    const webCertificate = await webCertificateOf(settings, log)
    ops?.health.watch('identity')
    const relay = await listen({ settings, identity, webCertificate, information, log, ops })
    const { ports, webPorts, adminPort } = relay
    const address = addressText({ ...identity, hosts: settings.hosts, ports })
    const opsPort = ops?.port
    log.info({ version: packageVersion(), ports, webPorts, opsPort, adminPort }, 'ready')
    io.stdout.write(`Sluice is ready: ${address}\n`)
    const reload = new Reload({ io, relay, log, settings, identity, webCertificate })
    await aborted(io.signal)
    reload.stop()
    return stop(relay, io, log)
  },
}
