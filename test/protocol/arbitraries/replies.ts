/** Arbitrary responses, events and errors, each tag as likely as another. */
import fc from 'fast-check'
import type {
  Blocking,
  BrokerError,
  ProxyError,
  SmpError,
  TransportCode,
} from '../../../src/protocol/error.ts'
import type { Reply, ReplyTag } from '../../../src/protocol/reply.ts'
import {
  anyId,
  bytes,
  dhKey,
  largeBytes,
  nonEmpty,
  object,
  partly,
  shortBytes,
  versionRange,
} from './values.ts'

const count = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const text = fc.string({ unit: 'binary', maxLength: 60 })

const blocking: fc.Arbitrary<Blocking> = partly(
  { reason: fc.constantFrom('spam' as const, 'content' as const) },
  { notice: partly({}, { ttlSeconds: fc.maxSafeInteger() }) },
)

export const transportCode: fc.Arbitrary<TransportCode> = fc.constantFrom(
  ...(['BLOCK', 'VERSION', 'LARGE_MSG', 'SESSION', 'NO_AUTH'] as const),
  ...(['HANDSHAKE PARSE', 'HANDSHAKE IDENTITY'] as const),
  ...(['HANDSHAKE BAD_AUTH', 'HANDSHAKE BAD_SERVICE'] as const),
)

const brokerError: fc.Arbitrary<BrokerError> = fc.oneof(
  object({ code: fc.constantFrom('NETWORK', 'TIMEOUT', 'HOST', 'NO_SERVICE') }),
  object({ code: fc.constantFrom('RESPONSE', 'UNEXPECTED'), text }),
  object({ code: fc.constant('TRANSPORT' as const), transport: transportCode }),
)

interface Nested {
  error: SmpError
  proxy: ProxyError
}

const nested = fc.letrec<Nested>((tie) => ({
  error: fc.oneof(
    { maxDepth: 3 },
    object<SmpError>({
      code: fc.constantFrom(
        ...(['BLOCK', 'SESSION', 'AUTH', 'SERVICE', 'CRYPTO', 'QUOTA', 'NO_MSG'] as const),
        ...(['LARGE_MSG', 'EXPIRED', 'INTERNAL', 'DUPLICATE_'] as const),
      ),
    } as never),
    object<SmpError>({
      code: fc.constant('CMD'),
      reason: fc.constantFrom(
        ...(['UNKNOWN', 'SYNTAX', 'PROHIBITED', 'NO_AUTH', 'HAS_AUTH', 'NO_ENTITY'] as const),
      ),
    } as never),
    object<SmpError>({ code: fc.constant('BLOCKED'), blocking } as never),
    object<SmpError>({ code: fc.constant('STORE'), text } as never),
    object<SmpError>({ code: fc.constant('PROXY'), proxy: tie('proxy') } as never),
  ),
  proxy: fc.oneof(
    object<ProxyError>({ code: fc.constantFrom('BASIC_AUTH', 'NO_SESSION') } as never),
    object<ProxyError>({ code: fc.constant('BROKER'), error: brokerError } as never),
    object<ProxyError>({ code: fc.constant('PROTOCOL'), error: tie('error') } as never),
  ),
}))

const info = object({
  qiSnd: fc.boolean(),
  qiNtf: fc.boolean(),
  qiSize: fc.nat(),
  more: fc.jsonValue(),
}).map((fields) => JSON.stringify(fields))

const chain = nonEmpty(largeBytes, 4)

const replies: { readonly [T in ReplyTag]: fc.Arbitrary<Omit<Reply<T>, 'tag'>> } = {
  IDS: partly(
    { recipientId: anyId, senderId: anyId, serverDhKey: dhKey },
    {
      mode: fc.constantFrom('messaging' as const, 'contact' as const),
      linkId: anyId,
      serviceId: anyId,
      notifier: object({ notifierId: anyId, serverDhKey: dhKey }),
    },
  ),
  LNK: object({ senderId: anyId, fixed: largeBytes, user: largeBytes }),
  SOK: partly({}, { serviceId: anyId }),
  SOKS: object({ count }),
  MSG: object({ messageId: anyId, body: largeBytes }),
  NID: object({ notifierId: anyId, serverDhKey: dhKey }),
  NMSG: object({ nonce: bytes(24, 24), meta: shortBytes }),
  PKEY: object({ sessionId: shortBytes, versions: versionRange, chain, signedKey: largeBytes }),
  RRES: object({ response: largeBytes }),
  PRES: object({ response: largeBytes }),
  END: object({}),
  ENDS: object({ count }),
  DELD: object({}),
  INFO: object({ json: info }),
  OK: object({}),
  ERR: object({ error: nested.error }),
  PONG: object({}),
}

export const replyTags = Object.keys(replies) as readonly ReplyTag[]

/** ERR has the most forms. */
export const reply: fc.Arbitrary<Reply> = fc.oneof(
  ...replyTags.map((tag) => ({
    weight: tag === 'ERR' ? 5 : 1,
    arbitrary: (replies[tag] as fc.Arbitrary<object>).map(
      (fields) => ({ tag, ...fields }) as Reply,
    ),
  })),
)
