import { parseArgs } from 'node:util'
import type { VersionRange } from '../protocol/version.ts'
import { addressArgument, numberOption } from './arguments.ts'
import { type Command, Failure, Misuse } from './command.ts'
import { pingServer, type Reached } from './ping-server.ts'
import { dateText, hostAndPort, msText } from './words.ts'

const options = {
  count: { type: 'string', short: 'c', value: 'N', help: 'how many PINGs (default: 4)' },
  timeout: {
    type: 'string',
    short: 't',
    value: 'SECONDS',
    help: 'for the connection, and for each PING (default: 10)',
  },
  json: { type: 'boolean', help: 'print one JSON object instead of text' },
} as const

const rangeText = ({ min, max }: VersionRange): string => (min === max ? `${min}` : `${min}-${max}`)

const line = (label: string, text: string): string => `${label.padEnd(13)}${text}\n`

const reachedText = (reached: Reached): string => {
  const { host, port, tls, certificate, offeredVersions, session } = reached
  let text = line('Connected', hostAndPort(host, port))
  if (tls) text += line('TLS', `${tls.version}, ${tls.cipher} (${msText(tls.ms)})`)
  if (certificate) {
    const { algorithm, count, validUntil } = certificate
    const details = `${algorithm}, ${count} in the chain, valid until ${dateText(validUntil)}`
    text += line('Certificate', `fingerprint matches; ${details}`)
  }
  if (!session || !offeredVersions) return text
  const { version, idBytes, hasEncryptedBlocks, ms } = session
  text += line(
    'SMP',
    `versions ${rangeText(offeredVersions)}, agreed on ${version} (${msText(ms)})`,
  )
  const blocks = hasEncryptedBlocks ? 'encrypted blocks' : 'blocks are not encrypted'
  return text + line('Session', `id of ${idBytes} bytes, ${blocks}`)
}

const roundTripsText = (times: readonly number[]): string => {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): string => msText(sorted[Math.floor((sorted.length - 1) * part)] ?? 0)
  return line('Round trip', `min ${at(0)}, median ${at(0.5)}, max ${at(1)}`)
}

export const ping: Command = {
  usage: 'ping [--count N] [--timeout SECONDS] [--json] smp://FINGERPRINT@HOST[,HOST][:PORT]',
  about: `
Connects to any SMP server as a client does, shows what was agreed, and measures the round
trips of PING. Hosts are tried in turn. The fingerprint of the server's certificate must be the
one in the address.

Exit code 0: every PING was answered. 1: not so, and stderr says why.`,
  options,
  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const { count = '4', timeout = '10', json = false } = values
    const server = addressArgument(positionals)
    if (server === undefined) throw new Misuse('the address of a server is needed: smp://…')
    const show = (text: string): unknown => json || io.stdout.write(text)
    let pings = 0
    const report = await pingServer({
      server,
      count: numberOption('--count', count, { min: 1, max: 10_000, unit: 'PINGs' }),
      timeoutMs: 1000 * numberOption('--timeout', timeout, { min: 1, max: 600, unit: 'seconds' }),
      signal: io.signal,
      onReached: (reached) => show(reachedText(reached)),
      onRoundTrip: (ms) => show(line(`PING ${++pings}`, msText(ms))),
    })
    const ok = report.problems.length === 0
    if (json) io.stdout.write(`${JSON.stringify({ ok, ...report })}\n`)
    if (!ok) throw new Failure(report.problems)
    show(roundTripsText(report.roundTripsMs))
    return 0
  },
}
