/**
 * Tells whether nudges reach a pod, which also empties its mailboxes on a timer: then all of them.
 * So one that is emptied more often than another on the same server was nudged.
 */
import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import type { Keys } from '../../../src/store/redis/keys.ts'
import { ask } from './ask.ts'
import { HOST, type RedisServer } from './server.ts'
import { until } from './until.ts'

/** More than what one visit to all may bring the one and not yet the other. */
const NUDGES = 3

export class DrainWatch implements AsyncDisposable {
  readonly #drains = new Map<string, number>()
  readonly #clients: readonly Redis[]

  private constructor(clients: readonly Redis[]) {
    this.#clients = clients
  }

  static async start(servers: readonly RedisServer[]): Promise<DrainWatch> {
    const clients: Redis[] = []
    const watch = new DrainWatch(clients)
    for (const { port } of servers) {
      const redis = new Redis({ host: HOST, port })
      redis.on('error', () => {})
      const monitor = await redis.monitor()
      monitor.on('error', () => {})
      clients.push(redis, monitor)
      monitor.on('monitor', (_time: string, [name, key = '']: string[]) => {
        if (name?.toUpperCase() === 'LPOP') watch.#drains.set(key, watch.#of(key) + 1)
      })
    }
    return watch
  }

  /** `mailboxes`: two or more, all of them on that server and of one pod. */
  async nudged(server: RedisServer, mailboxes: readonly string[]): Promise<void> {
    assert.ok(mailboxes.length > 1, 'one to compare with')
    for (const [index, mailbox] of mailboxes.entries()) {
      const beside = mailboxes.at(index - 1) ?? ''
      const lead = () => this.#of(mailbox) - this.#of(beside)
      const goal = lead() + NUDGES
      await ask(server, (redis) =>
        until(`a nudge of ${mailbox} empties it`, async () => {
          await redis.call('SPUBLISH', mailbox, '')
          return lead() >= goal
        }),
      )
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect()
  }

  #of(mailbox: string): number {
    return this.#drains.get(mailbox) ?? 0
  }
}

/** Which of the mailboxes have a subscription on the server. */
export const subscribedOn = async (
  server: RedisServer,
  mailboxes: readonly string[],
): Promise<readonly string[]> =>
  ask(server, async (redis) => {
    const counts: unknown = await redis.call('PUBSUB', 'SHARDNUMSUB', ...mailboxes)
    assert.ok(Array.isArray(counts))
    return mailboxes.filter((_, index) => counts[2 * index + 1] === 1)
  })

export const subscribed = (server: RedisServer, mailboxes: readonly string[]): Promise<void> =>
  until(
    `the pod listens on ${server.port}`,
    async () => (await subscribedOn(server, mailboxes)).length === mailboxes.length,
  )

/** The mailboxes of all pods that listen there. */
export const mailboxesOn = async (server: RedisServer, keys: Keys): Promise<readonly string[]> =>
  ask(server, async (redis) => {
    const [prefix = ''] = keys.mailbox('', '').split('{')
    const channels: unknown = await redis.call('PUBSUB', 'SHARDCHANNELS', `${prefix}*`)
    assert.ok(Array.isArray(channels))
    return channels.map(String)
  })

/** The mailboxes that are listened to on each server, once they are so many. */
export const listening = async (
  servers: readonly RedisServer[],
  keys: Keys,
  count: number,
): Promise<ReadonlyMap<RedisServer, readonly string[]>> => {
  const found = new Map<RedisServer, readonly string[]>()
  await until(`${count} mailboxes are listened to`, async () => {
    for (const server of servers) found.set(server, await mailboxesOn(server, keys))
    return [...found.values()].flat().length === count
  })
  return found
}
