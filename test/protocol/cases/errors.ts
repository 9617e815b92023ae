/** ERR and its words (protocol.md 7). */
import type { SmpError } from '../../../src/protocol/error.ts'
import { type Reply, refusal } from '../../../src/protocol/reply.ts'
import { type Case, word } from './case.ts'

const line = (text: string, error: SmpError, more: Partial<Case<Reply>> = {}): Case<Reply> => ({
  name: text.replaceAll(/[^ -~]/g, '.'),
  version: 18,
  hex: Buffer.from(text, 'latin1').toString('hex'),
  value: refusal(error),
  ...more,
})

const plain = ['BLOCK', 'SESSION', 'AUTH', 'SERVICE', 'CRYPTO', 'QUOTA', 'NO_MSG'] as const
const otherPlain = ['LARGE_MSG', 'EXPIRED', 'INTERNAL', 'DUPLICATE_'] as const
const reasons = ['UNKNOWN', 'SYNTAX', 'PROHIBITED', 'NO_AUTH', 'HAS_AUTH', 'NO_ENTITY'] as const
const transport = ['BLOCK', 'VERSION', 'LARGE_MSG', 'SESSION', 'NO_AUTH'] as const
const handshake = [
  'HANDSHAKE PARSE',
  'HANDSHAKE IDENTITY',
  'HANDSHAKE BAD_AUTH',
  'HANDSHAKE BAD_SERVICE',
] as const

export const errorCases: readonly Case<Reply>[] = [
  ...[...plain, ...otherPlain].map((code) => line(`ERR ${code}`, { code })),
  ...reasons.map((reason) => line(`ERR CMD ${reason}`, { code: 'CMD', reason })),
  line(
    'ERR CMD NO_QUEUE',
    { code: 'CMD', reason: 'NO_ENTITY' },
    { encoded: word('ERR CMD NO_ENTITY') },
  ),
  line('ERR STORE disk full', { code: 'STORE', text: 'disk full' }, { tail: 10 }),
  line('ERR STORE ', { code: 'STORE', text: '' }, { tail: 10 }),
  // two bytes a letter: cut inside one it is not UTF-8
  line('ERR STORE \xd0\xaf\xd0\xbd', { code: 'STORE', text: 'Ян' }, { cuts: [10, 12], tail: 14 }),
  line('ERR STORE \xef\xbb\xbfx', { code: 'STORE', text: '\ufeffx' }, { cuts: [10, 13], tail: 14 }),
]

/** BLOCKED cut to the other error BLOCK. */
const BLOCK = 'ERR BLOCK'.length
const spamDay = { reason: 'spam', notice: { ttlSeconds: 86_400 } } as const

export const blockedCases: readonly Case<Reply>[] = [
  line(
    'ERR BLOCKED reason=spam',
    { code: 'BLOCKED', blocking: { reason: 'spam' } },
    { version: 12, cuts: [BLOCK] },
  ),
  line(
    'ERR BLOCKED reason=content',
    { code: 'BLOCKED', blocking: { reason: 'content' } },
    { cuts: [BLOCK] },
  ),
  line(
    'ERR BLOCKED reason=content,notice={}',
    { code: 'BLOCKED', blocking: { reason: 'content', notice: {} } },
    { cuts: [BLOCK, 'ERR BLOCKED reason=content'.length] },
  ),
  line(
    'ERR BLOCKED reason=spam,notice={"ttl":86400}',
    { code: 'BLOCKED', blocking: spamDay },
    { cuts: [BLOCK, 'ERR BLOCKED reason=spam'.length], lenient: true },
  ),
  line(
    'ERR BLOCKED reason=spam,notice={"more":"later", "ttl":86400}',
    { code: 'BLOCKED', blocking: spamDay },
    {
      cuts: [BLOCK, 'ERR BLOCKED reason=spam'.length],
      encoded: word('ERR BLOCKED reason=spam,notice={"ttl":86400}'),
      lenient: true,
    },
  ),
  line(
    'ERR BLOCKED reason=spam,notice={"ttl":null}',
    { code: 'BLOCKED', blocking: { reason: 'spam', notice: {} } },
    {
      cuts: [BLOCK, 'ERR BLOCKED reason=spam'.length],
      encoded: word('ERR BLOCKED reason=spam,notice={}'),
      lenient: true,
    },
  ),
]

const proxy = (text: string, value: Extract<SmpError, { code: 'PROXY' }>['proxy'], more = {}) =>
  line(`ERR PROXY ${text}`, { code: 'PROXY', proxy: value }, more)

const brokerNetwork = (reason: string, more = {}) =>
  proxy(
    `BROKER NETWORK ${reason}`,
    { code: 'BROKER', error: { code: 'NETWORK' } },
    {
      cuts: ['ERR PROXY BROKER NETWORK'.length],
      encoded: word('ERR PROXY BROKER NETWORK'),
      lenient: true,
      ...more,
    },
  )

export const proxyErrorCases: readonly Case<Reply>[] = [
  proxy('BASIC_AUTH', { code: 'BASIC_AUTH' }),
  proxy('NO_SESSION', { code: 'NO_SESSION' }, { version: 8 }),
  proxy('PROTOCOL AUTH', { code: 'PROTOCOL', error: { code: 'AUTH' } }),
  proxy('PROTOCOL CMD SYNTAX', {
    code: 'PROTOCOL',
    error: { code: 'CMD', reason: 'SYNTAX' },
  }),
  proxy('PROTOCOL PROXY NO_SESSION', {
    code: 'PROTOCOL',
    error: { code: 'PROXY', proxy: { code: 'NO_SESSION' } },
  }),
  // the version does not change an inner error
  proxy(
    'PROTOCOL BLOCKED reason=spam,notice={"ttl":86400}',
    { code: 'PROTOCOL', error: { code: 'BLOCKED', blocking: spamDay } },
    {
      version: 8,
      cuts: ['ERR PROXY PROTOCOL BLOCK'.length, 'ERR PROXY PROTOCOL BLOCKED reason=spam'.length],
      lenient: true,
    },
  ),
  proxy('BROKER RESPONSE \x0aCMD SYNTAX', {
    code: 'BROKER',
    error: { code: 'RESPONSE', text: 'CMD SYNTAX' },
  }),
  proxy('BROKER UNEXPECTED \x04PONG', {
    code: 'BROKER',
    error: { code: 'UNEXPECTED', text: 'PONG' },
  }),
  ...(['NETWORK', 'TIMEOUT', 'HOST', 'NO_SERVICE'] as const).map((code) =>
    proxy(`BROKER ${code}`, { code: 'BROKER', error: { code } }),
  ),
  ...[...transport, ...handshake].map((code) =>
    proxy(`BROKER TRANSPORT ${code}`, {
      code: 'BROKER',
      error: { code: 'TRANSPORT', transport: code },
    }),
  ),
  brokerNetwork('CONNECT \x05abcde'),
  brokerNetwork('TLS \x00'),
  brokerNetwork('SUBSCRIBE \x01x'),
  brokerNetwork('UNKNOWNCA'),
  brokerNetwork('FAILED'),
  brokerNetwork('TIMEOUT'),
]
