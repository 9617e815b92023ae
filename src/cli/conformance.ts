import { parseArgs } from 'node:util'
import { quote } from '../config/problem.ts'
import { allChecks, groups, selectChecks } from '../conformance/catalog.ts'
import type { Check } from '../conformance/check.ts'
import type { Told } from '../conformance/facts.ts'
import { type Report, runSuite } from '../conformance/suite.ts'
import { DEFAULT_PORT, type ServerAddress } from '../protocol/address.ts'
import { addressArguments, addressOption, numberOption } from './arguments.ts'
import { type Command, Failure, Misuse } from './command.ts'
import { countsOf, headText, listText, resultText, summaryText } from './conformance-text.ts'
import { connectFailure } from './connect-failure.ts'
import type { Io } from './io.ts'
import { StatusLine } from './terminal.ts'
import { hostAndPort } from './words.ts'

const options = {
  password: { type: 'string', value: 'TEXT', help: 'asked for new queues (or in the address)' },
  quota: { type: 'string', value: 'N', help: 'messages a queue takes (found out up to 512)' },
  'no-new-queues': { type: 'boolean', help: 'the server makes no queues' },
  proxy: { type: 'boolean', help: 'the server must forward for us' },
  'no-proxy': { type: 'boolean', help: 'the server must not forward' },
  relay: { type: 'string', value: 'smp://…', help: 'forward to this server instead of to itself' },
  'message-ttl': { type: 'string', value: 'SECONDS', help: 'age at which messages expire' },
  'expiry-interval': { type: 'string', value: 'SECONDS', help: 'how often the server looks' },
  only: { type: 'string', value: 'IDS', help: 'ids or groups: SMP-Q,SMP-D-001' },
  list: { type: 'boolean', help: 'print the checks, and run none' },
  json: { type: 'boolean', help: 'print one JSON object instead of text' },
  verbose: { type: 'boolean', short: 'v', help: 'also print the checks that pass' },
  timeout: { type: 'string', short: 't', value: 'SECONDS', help: 'for an answer (default: 10)' },
  'event-timeout': { type: 'string', value: 'SECONDS', help: 'for an event (default: 20)' },
  jobs: { type: 'string', value: 'N', help: 'checks at once (default: 4)' },
} as const

const config = { options, allowPositionals: true } as const
type Values = ReturnType<typeof parseArgs<typeof config>>['values']

const DAY = 86_400

const secondsOption = (option: string, text: string, max: number): number =>
  numberOption(option, text, { min: 1, max, unit: 'seconds' })

const proxyOf = (values: Values): Pick<Told, 'proxy'> => {
  if (values.proxy && values['no-proxy'])
    throw new Misuse('--proxy and --no-proxy exclude each other')
  if (values.proxy) return { proxy: true }
  return values['no-proxy'] ? { proxy: false } : {}
}

const expiryOf = (values: Values): Pick<Told, 'messageTtlSeconds' | 'expiryIntervalSeconds'> => {
  const { 'message-ttl': ttl, 'expiry-interval': interval } = values
  return {
    ...(ttl !== undefined && { messageTtlSeconds: secondsOption('--message-ttl', ttl, 365 * DAY) }),
    ...(interval !== undefined && {
      expiryIntervalSeconds: secondsOption('--expiry-interval', interval, 365 * DAY),
    }),
  }
}

const toldBy = (values: Values, server: ServerAddress): Told => {
  const password = values.password ?? server.password
  const { quota, relay } = values
  const limits = { min: 1, max: 100_000, unit: 'messages' }
  return {
    ...(password !== undefined && { password }),
    ...(quota !== undefined && { quota: numberOption('--quota', quota, limits) }),
    ...(values['no-new-queues'] && { newQueues: false }),
    ...proxyOf(values),
    ...(relay !== undefined && { relay: addressOption('--relay', relay) }),
    ...expiryOf(values),
  }
}

const chosenBy = ({ only }: Values): readonly Check[] => {
  if (only === undefined) return allChecks
  const { checks, unknown } = selectChecks(only.split(','))
  if (unknown.length > 0)
    throw new Misuse(`--only: no check named ${unknown.map(quote).join(', ')}`)
  return checks
}

const timingOf = ({ timeout, 'event-timeout': event, jobs }: Values) => ({
  ...(timeout !== undefined && { answerMs: 1000 * secondsOption('--timeout', timeout, 600) }),
  ...(event !== undefined && { eventMs: 1000 * secondsOption('--event-timeout', event, 600) }),
  ...(jobs !== undefined && {
    jobs: numberOption('--jobs', jobs, { min: 1, max: 16, unit: 'checks' }),
  }),
})

const whereIs = ({ hosts, port = DEFAULT_PORT }: ServerAddress): string =>
  hostAndPort(hosts[0], port)

interface Given {
  readonly servers: readonly [ServerAddress, ...ServerAddress[]]
  readonly checks: readonly Check[]
  readonly values: Values
}

/** With what comes of each check shown at once, unless it is to be one JSON object. */
const runShown = async ({ servers, checks, values }: Given, io: Io): Promise<Report> => {
  const status = new StatusLine(io.stdout)
  const show = (text: string): void => {
    if (values.json || text === '') return
    status.clear()
    io.stdout.write(text)
  }
  let done = 0
  const report = await runSuite({
    servers,
    checks,
    told: toldBy(values, servers[0]),
    timing: timingOf(values),
    signal: io.signal,
    onFacts: (facts) => show(headText(servers.map(whereIs).join(', '), facts)),
    onResult: (result) => {
      show(resultText(result, values.verbose ?? false))
      if (!values.json) status.show(`${++done} of ${checks.length}`)
    },
  })
  status.clear()
  return report
}

const jsonOf = (report: Report, tookMs: number, isWhole: boolean): string => {
  const { results, facts, queuesMade, queuesLeft } = report
  const counts = countsOf(results)
  const { versions } = facts
  const ok = isWhole && counts.failed === 0
  return `${JSON.stringify({ ok, isWhole, versions, ...counts, tookMs, queuesMade, queuesLeft, results })}\n`
}

const listJson = (checks: readonly Check[]): string =>
  `${JSON.stringify(checks.map(({ id, title, section }) => ({ id, title, section })))}\n`

export const conformance: Command = {
  usage: 'conformance [options] smp://FINGERPRINT[:PASSWORD]@HOST[,HOST][:PORT] [smp://…]',
  about: `
Checks that an SMP server, ours or any other, does what the protocol says: about 270 checks, each
with an id. Makes queues for it and deletes them. Several addresses are pods of one server: the
connections of a check go to them in turn.

Checks that do not apply are listed with the reason. docs/conformance.md tells more.

Exit code 0: no check failed. 1: not so, or there is no server.`,
  options,
  async run(args, io) {
    const { values, positionals } = parseArgs({ ...config, args: [...args] })
    const checks = chosenBy(values)
    if (values.list) {
      io.stdout.write(values.json ? listJson(checks) : listText(groups, checks))
      return 0
    }
    const servers = addressArguments(positionals)
    const startedAt = performance.now()
    const report = await runShown({ servers, checks, values }, io).catch((error: unknown) => {
      io.signal.throwIfAborted()
      throw new Failure(connectFailure(error, { where: whereIs(servers[0]) }), { cause: error })
    })
    const took = performance.now() - startedAt
    const isWhole = report.results.length === checks.length
    io.stdout.write(
      values.json ? jsonOf(report, took, isWhole) : summaryText(report, took, isWhole),
    )
    if (report.queuesLeft > 0)
      io.stderr.write(`sluice: ${report.queuesLeft} queues could not be deleted\n`)
    io.signal.throwIfAborted()
    return countsOf(report.results).failed === 0 ? 0 : 1
  },
}
