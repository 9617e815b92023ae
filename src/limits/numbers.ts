/** The numbers of all limits, by the names of their settings. */
import type { Rate } from './rate.ts'

/** Addresses that share their first bits. */
export interface Network {
  readonly address: string
  readonly family: 'ipv4' | 'ipv6'
  readonly prefix: number
}

/** 0, and a rate that is absent: no limit. */
export interface LimitNumbers {
  readonly limitConnections: number
  readonly limitConnectionsPerAddress: number
  /** Under way: TLS, and after that the hello. */
  readonly limitHandshakes: number
  readonly limitHandshakesPerAddress: number
  readonly limitConnectionRate?: Rate | undefined
  readonly limitConnectionRatePerAddress?: Rate | undefined
  readonly limitHandshakeRate?: Rate | undefined
  readonly limitHandshakeRatePerAddress?: Rate | undefined
  readonly limitNewRate?: Rate | undefined
  readonly limitNewRatePerAddress?: Rate | undefined
  readonly limitSendRate?: Rate | undefined
  readonly limitSendRatePerAddress?: Rate | undefined
  readonly limitQueuesPerConnection: number
  readonly limitSubscriptionsPerConnection: number
  /** Of all messages of the cluster. */
  readonly limitStoredBytes: number
  /** Whose clients none of these concern. */
  readonly limitExempt?: readonly Network[] | undefined
}

export const noLimits: LimitNumbers = {
  limitConnections: 0,
  limitConnectionsPerAddress: 0,
  limitHandshakes: 0,
  limitHandshakesPerAddress: 0,
  limitQueuesPerConnection: 0,
  limitSubscriptionsPerConnection: 0,
  limitStoredBytes: 0,
}

/** What has a rate, by its place in arrays of buckets. */
export const CONNECTION = 0
export const HANDSHAKE = 1
export const NEW = 2
export const SEND = 3
export type RateKind = typeof CONNECTION | typeof HANDSHAKE | typeof NEW | typeof SEND
export const rateKinds: readonly RateKind[] = [CONNECTION, HANDSHAKE, NEW, SEND]

/** In the order of the kinds. */
export const totalRates = (numbers: LimitNumbers): readonly (Rate | undefined)[] => [
  numbers.limitConnectionRate,
  numbers.limitHandshakeRate,
  numbers.limitNewRate,
  numbers.limitSendRate,
]

/** In the order of the kinds. */
export const addressRates = (numbers: LimitNumbers): readonly (Rate | undefined)[] => [
  numbers.limitConnectionRatePerAddress,
  numbers.limitHandshakeRatePerAddress,
  numbers.limitNewRatePerAddress,
  numbers.limitSendRatePerAddress,
]

export const hasAddressLimits = (numbers: LimitNumbers): boolean =>
  numbers.limitConnectionsPerAddress > 0 ||
  numbers.limitHandshakesPerAddress > 0 ||
  addressRates(numbers).some((rate) => rate !== undefined)
