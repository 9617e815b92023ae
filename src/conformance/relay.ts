/** The server that commands are forwarded to: the one that was told, or the checked one itself. */
import { DEFAULT_PORT, type ServerAddress } from '../protocol/address.ts'
import type { Command, RelayServer } from '../protocol/command.ts'
import type { Told } from './facts.ts'

export const relayServer = ({
  hosts,
  port = DEFAULT_PORT,
  keyHash,
}: ServerAddress): RelayServer => ({
  hosts,
  port: String(port),
  keyHash,
})

export const PRXY = (server: RelayServer, password?: string): Command<'PRXY'> => ({
  tag: 'PRXY',
  server,
  ...(password !== undefined && { password }),
})

export const destinationOf = (told: Told, server: ServerAddress): ServerAddress =>
  told.relay ?? server
