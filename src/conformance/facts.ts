/** What a run knows of the server: what it was told, and what it found out before the first check. */
import type { ServerAddress } from '../protocol/address.ts'
import type { Version, VersionRange } from '../protocol/version.ts'
import type { Need } from './check.ts'

/** What depends on the server's configuration; absent: found out, or not looked at. */
export interface Told {
  /** Asked for the creation of queues. */
  readonly password?: string
  /** Messages a queue takes. */
  readonly quota?: number
  /** False: the server makes no queues, and that is checked. */
  readonly newQueues?: boolean
  /** Whether it forwards to other servers. */
  readonly proxy?: boolean
  readonly messageTtlSeconds?: number
  readonly expiryIntervalSeconds?: number
  /** Where to forward to instead of to the server itself. */
  readonly relay?: ServerAddress
}

export interface Facts {
  readonly told: Told
  /** The versions that the server offers and this suite speaks. */
  readonly versions: VersionRange
  /** Why it makes no queues for us. */
  readonly noQueues?: string
  /** Why it does not forward for us. */
  readonly noProxy?: string
  /** Why we cannot be a service there. */
  readonly noServices?: string
}

const range = ({ min, max }: VersionRange): string => (min === max ? `${min}` : `${min} to ${max}`)

export const queues: Need = ({ noQueues }) => noQueues

export const fromVersion =
  (version: Version): Need =>
  ({ versions }) =>
    versions.max >= version
      ? undefined
      : `this is of version ${version}, and the server offers ${range(versions)}`

export const atVersion =
  (version: Version): Need =>
  ({ versions }) =>
    version >= versions.min && version <= versions.max
      ? undefined
      : `the server offers versions ${range(versions)}`

/** So many messages at once in a queue. */
export const room =
  (messages: number): Need =>
  ({ told: { quota = messages } }) =>
    quota >= messages ? undefined : `a queue takes ${quota} messages, and this is about ${messages}`

export const forwarding: Need = ({ told, noProxy }) => (told.proxy === true ? undefined : noProxy)

export const services: Need = ({ noServices }) => noServices

export const always =
  (reason: string): Need =>
  () =>
    reason

export const password: Need = ({ told }) =>
  told.password === undefined ? 'no password was given: --password, or in the address' : undefined

export const noPassword: Need = ({ told }) =>
  told.password === undefined ? undefined : 'the server asks for a password'
