/** How often each limit refused or delayed something; nothing of whom. */

/** As the settings are called. */
export const limitNames = [
  'connections',
  'connectionsPerAddress',
  'connectionRate',
  'connectionRatePerAddress',
  'handshakes',
  'handshakesPerAddress',
  'handshakeRate',
  'handshakeRatePerAddress',
  'newRate',
  'newRatePerAddress',
  'sendRate',
  'sendRatePerAddress',
  'queuesPerConnection',
  'subscriptionsPerConnection',
  'storedBytes',
] as const

export type LimitName = (typeof limitNames)[number]
export type LimitCounts = Record<LimitName, number>

export const totalRateNames = ['connectionRate', 'handshakeRate', 'newRate', 'sendRate'] as const
export const addressRateNames = [
  'connectionRatePerAddress',
  'handshakeRatePerAddress',
  'newRatePerAddress',
  'sendRatePerAddress',
] as const

const noCounts = (): LimitCounts => ({
  connections: 0,
  connectionsPerAddress: 0,
  connectionRate: 0,
  connectionRatePerAddress: 0,
  handshakes: 0,
  handshakesPerAddress: 0,
  handshakeRate: 0,
  handshakeRatePerAddress: 0,
  newRate: 0,
  newRatePerAddress: 0,
  sendRate: 0,
  sendRatePerAddress: 0,
  queuesPerConnection: 0,
  subscriptionsPerConnection: 0,
  storedBytes: 0,
})

export class LimitStatistics {
  /** Connections closed, handshakes dropped, commands refused. */
  readonly refusals: LimitCounts = noCounts()
  /** Commands that waited for their turn. */
  readonly delays: LimitCounts = noCounts()
}
