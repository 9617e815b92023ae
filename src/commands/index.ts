/** The table of commands: a missing or extra entry does not compile. */
import type { Command, Tag } from '../protocol/command.ts'
import { ACK } from './ack.ts'
import { GET } from './get.ts'
import { KEY, RKEY, SKEY } from './keys.ts'
import { LDEL, LGET, LKEY, LSET } from './link.ts'
import { NEW } from './new.ts'
import { NDEL, NKEY, NSUB } from './notifications.ts'
import { PING } from './ping.ts'
import { PFWD, PRXY, RFWD } from './proxy.ts'
import { DEL, OFF, QUE } from './queue.ts'
import { SEND } from './send.ts'
import { NSUBS, SUBS } from './services.ts'
import type { QueueCommand, ServerCommand } from './spec.ts'
import { SUB } from './sub.ts'

type Of<T extends Tag> = Extract<Command, { readonly tag: T }>

const commands: { readonly [T in Tag]: QueueCommand<Of<T>> | ServerCommand<Of<T>> } = {
  NEW,
  SUB,
  SUBS,
  KEY,
  RKEY,
  LSET,
  LDEL,
  NKEY,
  NDEL,
  GET,
  ACK,
  OFF,
  DEL,
  QUE,
  SKEY,
  SEND,
  LKEY,
  LGET,
  NSUB,
  NSUBS,
  PING,
  PRXY,
  PFWD,
  RFWD,
}

export type Entry = QueueCommand<Command> | ServerCommand<Command>
/** The table's type says that an entry is for its own tag, which an index by tag cannot express. */
export const entryOf = (command: Command): Entry => commands[command.tag] as Entry
