/** Sessions without sockets under fuzz, in a process of their own. */
import { setTimeout as delay } from 'node:timers/promises'
import { nativeCrypto } from '../../src/crypto/native.ts'
import { Coverage } from '../fuzz/coverage.ts'
import { type Found, FoundError, problemOf } from '../fuzz/finding.ts'
import { helloTarget } from '../fuzz/hellos.ts'
import { InnerRelay } from '../fuzz/inner-relay.ts'
import { parserTarget } from '../fuzz/parsers.ts'
import { type Budget, Runner, replay } from '../fuzz/runner.ts'
import { type Reached, sessionTarget, someOffer } from '../fuzz/sessions.ts'
import { answerCalls } from './calls.ts'
import { newIdentity } from './new-identity.ts'
import { usageMethods } from './own-usage.ts'

const LANES = 2
const GONE_MS = 10_000

/** Lines of the log, and what nobody has caught. */
const problems: string[] = []
const problem = (): string | undefined => problems[0]
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error) => problems.push(problemOf(error)))

const relay = new InnerRelay(await newIdentity(), { write: (line) => problems.push(line) })

const reached: Reached = {
  keyHash: relay.identity.fingerprint,
  servers: [{ hosts: ['localhost'], port: '5223', keyHash: nativeCrypto.randomBytes(32) }],
  offer: someOffer,
  dial: async ({ alpn, identity }) =>
    relay.dial({ alpn: alpn === false ? undefined : alpn, chain: identity?.chain ?? [] }),
}

const targets = [sessionTarget('sessions', reached), helloTarget('hellos', reached), parserTarget]
let runners: readonly Runner[] = []
let coverage: Coverage | undefined

const start = async (seed: number): Promise<void> => {
  coverage = new Coverage()
  await coverage.start()
  const guide = coverage
  runners = targets.map((target) => new Runner(target, seed, { lanes: LANES, guide, problem }))
}

const goUnguided = async (): Promise<void> => {
  for (const runner of runners) runner.goUnguided()
  await coverage?.stop()
}

const named = <T>(list: readonly T[], nameOf: (one: T) => string, name: string): T => {
  const found = list.find((one) => nameOf(one) === name)
  if (found === undefined) throw new Error(`no target ${name}`)
  return found
}

const totals = ({ totals, kept }: Runner) => ({ ...totals, kept })

export type InnerTotals = ReturnType<typeof totals>

interface Ran {
  readonly totals: InnerTotals
  readonly found?: Found
}

const run = async ({ target, budget }: { target: string; budget: Budget }): Promise<Ran> => {
  const runner = named(runners, (one) => one.target.name, target)
  try {
    await runner.run(budget)
    return { totals: totals(runner) }
  } catch (error) {
    if (!(error instanceof FoundError)) throw error
    return { totals: totals(runner), found: error.found }
  }
}

/** Connections that are left, when they have had time to end. */
const left = async (): Promise<number> => {
  for (let waited = 0; relay.connections > 0 && waited < GONE_MS; waited += 50) await delay(50)
  return relay.connections
}

/** Functions of the relay that have run. */
const functions = (): number => coverage?.functions ?? 0

const again = (found: Found): Promise<string | undefined> =>
  replay(
    named(targets, ({ name }) => name, found.target),
    found,
    problem,
  )

const methods = { ...usageMethods, start, goUnguided, run, left, functions, again, problem }

export type FuzzMethods = typeof methods

answerCalls(methods)
