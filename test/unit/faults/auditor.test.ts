/** What the auditor of the fault harness finds, and what it does not take for a fault. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { audit, type Rules, type ViolationKind } from '../../../bench/faults/auditor.ts'
import type { Event, Outcome } from '../../../bench/faults/history.ts'

const QUEUE = 7

const strict: Rules = { forgets: 'nothing' }

/** The kinds of all that is found. */
const kindsOf = (events: readonly Event[], rules = strict): readonly ViolationKind[] =>
  audit(
    events.map((event, ms) => ({ ...event, ms })),
    rules,
  ).map(({ kind }) => kind)

const send = (message: string, outcome: Outcome = 'accepted'): readonly Event[] => [
  { type: 'send', queue: QUEUE, message },
  { type: 'sent', message, outcome },
]

const ask = (subscription: number, connection = subscription): Event => ({
  type: 'subscribe',
  queue: QUEUE,
  subscription,
  connection,
})

const subscribe = (subscription: number, connection = subscription): readonly Event[] => [
  ask(subscription, connection),
  { type: 'subscribed', subscription },
]

const get = (subscription: number, message: string, messageId = `id of ${message}`): Event => ({
  type: 'delivered',
  subscription,
  message,
  messageId,
})

const ack = (subscription: number, message: string): readonly Event[] => [
  { type: 'acknowledge', subscription, message },
  { type: 'acknowledged', subscription, message },
]

const take = (subscription: number, message: string): readonly Event[] => [
  get(subscription, message),
  ...ack(subscription, message),
]

const ended = (subscription: number): Event => ({ type: 'ended', subscription })
const closed = (connection: number): Event => ({ type: 'closed', connection })
const healed: Event = { type: 'healed' }
const settled: Event = { type: 'settled' }
const end = [healed, settled]

const look = (subscription: number): Event => ({
  ...{ type: 'subscribe', queue: QUEUE, subscription, connection: 99, look: true },
})

describe('a history without a fault', () => {
  const cases: readonly (readonly [what: string, events: readonly Event[]])[] = [
    [
      'messages in their order',
      [...subscribe(1), ...send('a'), ...send('b'), ...take(1, 'a'), ...take(1, 'b'), ...end],
    ],
    [
      'one that came before its OK',
      [
        ...subscribe(1),
        { type: 'send', queue: QUEUE, message: 'a' },
        ...take(1, 'a'),
        { type: 'sent', message: 'a', outcome: 'accepted' },
        ...end,
      ],
    ],
    [
      'two under way at once, in either order',
      [
        ...subscribe(1),
        { type: 'send', queue: QUEUE, message: 'a' },
        { type: 'send', queue: QUEUE, message: 'b' },
        { type: 'sent', message: 'a', outcome: 'accepted' },
        { type: 'sent', message: 'b', outcome: 'accepted' },
        ...take(1, 'b'),
        ...take(1, 'a'),
        ...end,
      ],
    ],
    ['one without an answer that is not there', [...subscribe(1), ...send('a', 'unknown'), ...end]],
    [
      'one without an answer that is there',
      [...subscribe(1), ...send('a', 'unknown'), ...take(1, 'a'), ...end],
    ],
    [
      'one that was not acknowledged, and comes to the next connection',
      [
        ...subscribe(1),
        ...send('a'),
        get(1, 'a'),
        closed(1),
        ...subscribe(2),
        ...take(2, 'a'),
        ...end,
      ],
    ],
    [
      'an ACK without an answer, and its message again',
      [
        ...subscribe(1),
        ...send('a'),
        get(1, 'a'),
        { type: 'acknowledge', subscription: 1, message: 'a' },
        { type: 'ack-lost', subscription: 1, message: 'a' },
        closed(1),
        ...subscribe(2),
        ...take(2, 'a'),
        ...end,
      ],
    ],
    [
      'a slow reader that sees a message after its successor acknowledged it',
      [
        ...subscribe(1),
        ...send('a'),
        ...subscribe(2),
        ...take(2, 'a'),
        get(1, 'a'),
        ended(1),
        ...end,
      ],
    ],
    [
      'a queue that is taken over',
      [...subscribe(1), ...subscribe(2), ended(1), ...send('a'), ...take(2, 'a'), ...end],
    ],
    [
      'END by a SUB that was never answered',
      [ask(1), closed(1), ...subscribe(2), ended(2), ...subscribe(3, 2), ...end],
    ],
    [
      'an ACK that is refused because the queue was taken over',
      [
        ...subscribe(1),
        ...send('a'),
        get(1, 'a'),
        ...subscribe(2),
        { type: 'acknowledge', subscription: 1, message: 'a' },
        { type: 'not-acknowledged', subscription: 1, message: 'a', why: 'NO_MSG' },
        ended(1),
        ...take(2, 'a'),
        ...end,
      ],
    ],
    [
      'a look that finds nothing',
      [...subscribe(1), ...send('a'), ...take(1, 'a'), ...end, look(2)],
    ],
  ]
  for (const [what, events] of cases) test(what, () => assert.deepEqual(kindsOf(events), []))
})

describe('what must not be', () => {
  const cases: readonly (readonly [what: string, kind: ViolationKind, events: readonly Event[]])[] =
    [
      [
        'an OK, and no message',
        'lost',
        [...subscribe(1), ...send('a'), ...send('b'), ...take(1, 'b'), ...end],
      ],
      [
        'a message that waits until somebody looks',
        'stuck',
        [...subscribe(1), ...send('a'), ...end, look(2), get(2, 'a')],
      ],
      [
        'a message that comes when all had settled',
        'stuck',
        [...subscribe(1), ...send('a'), ...end, get(1, 'a')],
      ],
      [
        'a queue that nobody can subscribe to',
        'stuck',
        [{ type: 'forsaken', queue: QUEUE }, ...end],
      ],
      [
        'two messages in the wrong order',
        'order',
        [...subscribe(1), ...send('a'), ...send('b'), ...take(1, 'b'), ...take(1, 'a'), ...end],
      ],
      [
        'one without an OK before one that was sent earlier',
        'order',
        [
          ...subscribe(1),
          ...send('a'),
          ...send('b', 'unknown'),
          ...take(1, 'b'),
          ...take(1, 'a'),
          ...end,
        ],
      ],
      [
        'an acknowledged message after the next SUB',
        'repeated',
        [
          ...subscribe(1),
          ...send('a'),
          ...take(1, 'a'),
          closed(1),
          ...subscribe(2),
          get(2, 'a'),
          ...end,
        ],
      ],
      [
        'an acknowledged message for who looks',
        'repeated',
        [...subscribe(1), ...send('a'), ...take(1, 'a'), ...end, look(2), get(2, 'a')],
      ],
      [
        'a message twice to one subscription',
        'twice',
        [...subscribe(1), ...send('a'), get(1, 'a'), get(1, 'a'), ...ack(1, 'a'), ...end],
      ],
      [
        'an acknowledged message to the same subscription',
        'twice',
        [...subscribe(1), ...send('a'), ...take(1, 'a'), get(1, 'a'), ...end],
      ],
      [
        'a message that was stored twice',
        'twice',
        [...subscribe(1), ...send('a'), ...take(1, 'a'), get(1, 'a', 'another id'), ...end],
      ],
      ['a message that nobody sent', 'phantom', [...subscribe(1), get(1, 'b'), ...end]],
      [
        'a message of another queue',
        'phantom',
        [...subscribe(1), { type: 'send', queue: 8, message: 'a' }, get(1, 'a'), ...end],
      ],
      [
        'a message to who was replaced before it was sent',
        'two subscribers',
        [
          ...subscribe(1),
          ...subscribe(2),
          ...send('a'),
          get(1, 'a'),
          ...take(2, 'a'),
          ended(1),
          ...end,
        ],
      ],
      ['no END for who was replaced', 'no end', [...subscribe(1), ...subscribe(2), ...end]],
      ['END for who was not replaced', 'stray end', [...subscribe(1), ended(1), ...end]],
      [
        'a SUB that is refused',
        'refused',
        [ask(1), { type: 'not-subscribed', subscription: 1, why: 'AUTH' }, ...end],
      ],
      ['a SEND that is refused', 'refused', [...subscribe(1), ...send('a', 'refused'), ...end]],
      [
        'an ACK that is refused to the only subscriber',
        'refused',
        [
          ...subscribe(1),
          ...send('a'),
          get(1, 'a'),
          { type: 'acknowledge', subscription: 1, message: 'a' },
          { type: 'not-acknowledged', subscription: 1, message: 'a', why: 'NO_MSG' },
          ...end,
        ],
      ],
      [
        'a command without an answer',
        'unanswered',
        [{ type: 'unanswered', queue: QUEUE, command: 'SUB' }, ...end],
      ],
    ]
  for (const [what, kind, events] of cases)
    test(`${what}: ${kind}`, () => assert.deepEqual(kindsOf(events), [kind]))
})

describe('after a failover', () => {
  const untilHealed: Rules = { forgets: 'until healed' }
  const again = [...subscribe(1), ...send('a'), ...take(1, 'a'), closed(1), ...subscribe(2)]

  test('an ACK may be forgotten', () => {
    assert.deepEqual(kindsOf([...again, ...take(2, 'a'), ...end], untilHealed), [])
  })

  test('an ACK that came when all was healed may not', () => {
    const late = [healed, ...again, get(2, 'a'), settled]
    assert.deepEqual(kindsOf(late, untilHealed), ['repeated'])
    assert.deepEqual(kindsOf(late, { forgets: 'always' }), [])
  })

  test('a SUB may be forgotten, and nothing that is sent later goes to the old subscriber', () => {
    const begin = [...subscribe(1), ...subscribe(2)]
    const old = [...send('a'), get(1, 'a'), ...take(2, 'a'), ended(1)]
    assert.deepEqual(kindsOf([...begin, ...old, ...end], untilHealed), [])
    assert.deepEqual(kindsOf([...begin, healed, ...old, settled], untilHealed), ['two subscribers'])
  })

  test('no message is lost, none comes twice without an ACK', () => {
    assert.deepEqual(kindsOf([...subscribe(1), ...send('a'), ...end], untilHealed), ['lost'])
    const twice = [...subscribe(1), ...send('a'), get(1, 'a'), get(1, 'a'), ...ack(1, 'a'), ...end]
    assert.deepEqual(kindsOf(twice, untilHealed), ['twice'])
  })

  test('what had no OK may have come from the old primary', () => {
    const mixed = [...subscribe(1), ...send('a'), ...send('b', 'unknown')]
    const events = [...mixed, ...take(1, 'b'), ...take(1, 'a'), ...end]
    assert.deepEqual(kindsOf(events, untilHealed), [])
  })
})
