/** The first look at a server: which versions, whether it makes queues for us and forwards. */

import { HandshakeError } from '../client/errors.ts'
import { noEntity } from '../protocol/ids.ts'
import { Mismatch } from './check.ts'
import { cleanUp } from './clean-up.ts'
import { dial } from './dial.ts'
import { type Facts, forwarding, services } from './facts.ts'
import type { MadeQueues } from './made.ts'
import { makeService } from './made-service.ts'
import { destinationOf, PRXY, relayServer } from './relay.ts'
import { Scene } from './scene.ts'
import type { SuiteOptions } from './suite.ts'
import { type Timing, usualTiming } from './timing.ts'

/** The first version with services. */
const MIN_SERVICE_VERSION = 16
/** The first version that forwards. */
const MIN_PROXY_VERSION = 8

const versionsOf = async ({ servers, signal }: SuiteOptions, ms: number) => {
  const { transport, session } = await dial(servers[0], {}, { ms, signal })
  transport.close()
  return session.versions
}

const whyNot = async (work: () => Promise<unknown>): Promise<string | undefined> => {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof Mismatch) return error.got
    throw error
  }
}

const whyNoQueues = async ({ told }: SuiteOptions, scene: Scene): Promise<string | undefined> => {
  if (told.newQueues === false) return 'the server makes no queues, as told'
  const peer = await scene.connect('first look')
  const got = await whyNot(() => scene.create(peer))
  return got && `the server makes no queue for us: ${got}`
}

const whyNoProxy = async (
  { told, servers, checks }: SuiteOptions,
  scene: Scene,
): Promise<string | undefined> => {
  if (told.proxy === false) return 'the server does not forward, as told'
  if (scene.facts.versions.max < MIN_PROXY_VERSION)
    return 'the server offers no version that forwards'
  if (!checks.some(({ needs = [] }) => needs.includes(forwarding))) return undefined
  const peer = await scene.connect('first look')
  const relay = relayServer(destinationOf(told, servers[0]))
  const got = await whyNot(async () => {
    const { proxyMs } = scene.timing
    const line = [undefined, noEntity, PRXY(relay, told.password)] as const
    const [id = ''] = peer.say([line])
    const { reply, text } = await peer.answer(id, line, proxyMs)
    if (reply?.tag !== 'PKEY') throw new Mismatch('PKEY', text)
  })
  const where = told.relay === undefined ? 'to itself' : 'to the other server'
  return got && `the server does not forward ${where}: ${got}`
}

const whyNoServices = async (
  { checks }: SuiteOptions,
  scene: Scene,
): Promise<string | undefined> => {
  if (scene.facts.versions.max < MIN_SERVICE_VERSION)
    return 'the server offers no version with services'
  if (!checks.some(({ needs = [] }) => needs.includes(services))) return undefined
  try {
    await scene.connect('first look', { service: makeService('notifier') })
    return undefined
  } catch (error) {
    if (error instanceof HandshakeError) return `no session of a service: ${error.message}`
    throw error
  }
}

/** @throws HandshakeError when there is no session; what the client library throws */
export const findFacts = async (options: SuiteOptions, made: MadeQueues): Promise<Facts> => {
  const timing: Timing = { ...usualTiming, ...options.timing }
  const { told, servers, signal, onSession } = options
  const facts: Facts = { told, versions: await versionsOf(options, timing.answerMs) }
  const scene = new Scene({ servers, facts, timing, made, signal, onSession })
  try {
    const noQueues = await whyNoQueues(options, scene)
    const noProxy = await whyNoProxy(options, scene)
    const noServices = await whyNoServices(options, scene)
    return {
      ...facts,
      ...(noQueues !== undefined && { noQueues }),
      ...(noProxy !== undefined && { noProxy }),
      ...(noServices !== undefined && { noServices }),
    }
  } finally {
    await scene.close()
    await cleanUp(servers[0], made)
  }
}
