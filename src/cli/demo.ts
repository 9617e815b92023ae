import { parseArgs } from 'node:util'
import { HandshakeError, SmpRefusal } from '../client/errors.ts'
import { DEFAULT_PORT, parseServerAddress, type ServerAddress } from '../protocol/address.ts'
import { addressArgument, numberOption } from './arguments.ts'
import { type Command, Failure } from './command.ts'
import { connectFailure } from './connect-failure.ts'
import { addressText, givenSettings, hasIdentity, presentIdentity } from './given.ts'
import type { Io } from './io.ts'
import { talk } from './talk.ts'
import { hostAndPort } from './words.ts'

const options = {
  timeout: {
    type: 'string',
    short: 't',
    value: 'SECONDS',
    help: 'for all of it (default: 30)',
  },
} as const

/** The address of the relay whose identity is here. */
const localAddress = async (io: Io): Promise<ServerAddress> => {
  const settings = givenSettings(io)
  const { dataDir } = settings
  if (!hasIdentity(dataDir))
    throw new Failure(
      `no address is given, and no relay has its identity in ${dataDir}: run 'sluice start', then 'sluice demo' with the address it prints`,
    )
  const { fingerprint } = await presentIdentity(dataDir)
  return parseServerAddress(addressText({ ...settings, fingerprint }))
}

const failureLines = (error: unknown, server: ServerAddress): readonly string[] => {
  const { hosts, port = DEFAULT_PORT, password } = server
  const contact = (host: string) => ({ where: hostAndPort(host, port) })
  const first = contact(hosts[0])
  if (error instanceof SmpRefusal && error.error.code === 'AUTH' && password === undefined)
    return [`${first.where} makes no queue for us (AUTH): it may want its password in the address`]
  const cause = error instanceof HandshakeError ? error.cause : undefined
  // with several hosts one error for each
  if (hosts.length > 1 && cause instanceof AggregateError)
    return hosts.map((host, i) => connectFailure(cause.errors[i], contact(host)))
  return [connectFailure(error, first)]
}

export const demo: Command = {
  usage: 'demo [--timeout SECONDS] [smp://FINGERPRINT[:PASSWORD]@HOST[,HOST][:PORT]]',
  about: `
Lets two clients talk through an SMP server, encrypted end to end, and shows each step.
A password in the address is used to make their queues, which are deleted in the end.

Without an address it is that of the relay whose identity is in SLUICE_DATA_DIR.`,
  options,
  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const limits = { min: 1, max: 600, unit: 'seconds' }
    const seconds = numberOption('--timeout', values.timeout ?? '30', limits)
    const server = addressArgument(positionals) ?? (await localAddress(io))
    const timeout = AbortSignal.timeout(seconds * 1000)
    let step = 0
    const show = (headline: string, ...details: readonly string[]): void => {
      const lines = details.map((detail) => `     ${detail}\n`)
      io.stdout.write(`${`${++step}.`.padEnd(5)}${headline}\n${lines.join('')}`)
    }
    try {
      await talk({ server, signal: AbortSignal.any([io.signal, timeout]), show })
    } catch (error) {
      io.signal.throwIfAborted()
      if (timeout.aborted)
        throw new Failure(
          `the talk was not done within ${seconds} s: try 'sluice ping', or a longer --timeout`,
        )
      throw new Failure(failureLines(error, server), { cause: error })
    }
    io.stdout.write('The server works.\n')
    return 0
  },
}
