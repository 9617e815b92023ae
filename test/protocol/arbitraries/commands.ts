/** Arbitrary commands, each tag as likely as another. */
import fc from 'fast-check'
import type { Command, LinkContent, QueueRequest, Tag } from '../../../src/protocol/command.ts'
import {
  anyId,
  anyVersion,
  authKey,
  dhKey,
  host,
  largeBytes,
  nonEmpty,
  object,
  partly,
  password,
  shortBytes,
} from './values.ts'

const content = { fixed: largeBytes, user: largeBytes }

const request: fc.Arbitrary<QueueRequest> = fc.oneof(
  partly(
    { mode: fc.constant('messaging' as const) },
    { link: object({ senderId: anyId, ...content }) },
  ),
  partly(
    { mode: fc.constant('contact' as const) },
    { link: object({ linkId: anyId, senderId: anyId, ...content }) },
  ),
)

const notifier = object({ authKey, dhKey })
const port = fc.oneof(fc.constant(''), fc.integer({ min: 0, max: 65_535 }).map(String))
const server = object({ hosts: nonEmpty(host, 4), port, keyHash: shortBytes })

const commands: { readonly [T in Tag]: fc.Arbitrary<Omit<Command<T>, 'tag'>> } = {
  NEW: partly({ authKey, dhKey, subscribe: fc.boolean() }, { password, request, notifier }),
  SUB: object({}),
  SUBS: object({}),
  KEY: object({ senderKey: authKey }),
  RKEY: object({ recipientKeys: nonEmpty(authKey, 8) }),
  LSET: object<LinkContent & { linkId: Command<'LSET'>['linkId'] }>({ linkId: anyId, ...content }),
  LDEL: object({}),
  NKEY: notifier,
  NDEL: object({}),
  GET: object({}),
  ACK: object({ messageId: anyId }),
  OFF: object({}),
  DEL: object({}),
  QUE: object({}),
  SKEY: object({ senderKey: authKey }),
  SEND: object({ notification: fc.boolean(), body: largeBytes }),
  LKEY: object({ senderKey: authKey }),
  LGET: object({}),
  NSUB: object({}),
  NSUBS: object({}),
  PING: object({}),
  PRXY: partly({ server }, { password }),
  PFWD: object({ version: anyVersion, key: dhKey, transmission: largeBytes }),
  RFWD: object({ transmission: largeBytes }),
}

export const commandTags = Object.keys(commands) as readonly Tag[]

export const command: fc.Arbitrary<Command> = fc.oneof(
  ...commandTags.map((tag) =>
    (commands[tag] as fc.Arbitrary<object>).map((fields) => ({ tag, ...fields }) as Command),
  ),
)
