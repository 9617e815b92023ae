/** A relay with a recipient and a notifier service, and what the two hear. */
import assert from 'node:assert/strict'
import { type Heard, type Line, signingKey } from './wire.ts'
import type { WireClient } from './wire-client.ts'
import type { WireQueue } from './wire-directory.ts'
import { WireRelay } from './wire-relay.ts'
import { makeService } from './wire-service.ts'

/** Eight bytes, network order. */
export const count = (number: number): string => `${'\0'.repeat(7)}${String.fromCharCode(number)}`

export const sok = (serviceId: string): string => `SOK 1\x18${serviceId}`

/** A client whose session is a service's, with its id and the key that signs for it. */
export const asService = (client: Pick<WireClient, 'session'>) => {
  const { service } = client.session
  assert.ok(service)
  return { id: service.serviceId, key: service.key }
}

export const nKey = signingKey()
export const service = makeService('notifier')

export const scene = async (options: ConstructorParameters<typeof WireRelay>[0] = {}) => {
  const relay = new WireRelay(options)
  const [r, n] = [await relay.connect(), await relay.connect({ service })]
  const makes = async (): Promise<WireQueue & { nid: string }> => {
    const queue = await r.creates({ notifierKey: nKey })
    return Object.assign(queue, { nid: queue.notifier?.nid ?? '' })
  }
  const { id, key } = asService(n)
  return { relay, r, n, makes, id, key, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() }
}

export const ends = (id: string, number: number): Heard => ['', id, `ENDS ${count(number)}`]
export const NSUBS = (client: Pick<WireClient, 'session'>, corrId = 'nsubs'): Line => {
  const { id, key } = asService(client)
  return [key, corrId, id, 'NSUBS']
}
export const soks = (number: number): string => `SOKS ${count(number)}`
