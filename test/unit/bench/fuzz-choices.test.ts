/** Inputs of the fuzz can be made again, and the account of answers takes what is right. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Choices, changedTape, seedOf } from '../../../bench/fuzz/choices.ts'
import { Finding } from '../../../bench/fuzz/finding.ts'
import { dueTo, dueToBlock, Ledger } from '../../../bench/fuzz/ledger.ts'
import { mutated } from '../../../bench/fuzz/mutate.ts'
import { isProblem } from '../../../bench/fuzz/relay.ts'
import { OK, PONG, refusal } from '../../../src/protocol/reply.ts'

const input = (choices: Choices) => [choices.between(1, 6), mutated(choices.bytes(200), choices)]

describe('choices', () => {
  test('are the same for the same seed, and differ for another', () => {
    assert.deepEqual(input(new Choices(7)), input(new Choices(7)))
    assert.notDeepEqual(input(new Choices(7)), input(new Choices(8)))
  })

  test('are the same from the tape, whatever the seed', () => {
    const first = new Choices(7)
    const made = input(first)
    assert.deepEqual(input(new Choices(99, first.tape)), made)
  })

  test('go on from the seed where the tape ends', () => {
    const first = new Choices(7)
    input(first)
    const again = new Choices(99, first.tape.slice(0, 2))
    input(again)
    assert.deepEqual(again.tape.slice(0, 2), first.tape.slice(0, 2))
    assert.notDeepEqual(again.tape[2], first.tape[2])
  })

  test('changed tapes keep most of the choices', () => {
    const tape = Array.from({ length: 400 }, (_, i) => i)
    for (let seed = 0; seed < 50; seed++) {
      const changed = changedTape(tape, [], new Choices(seedOf(seed, 'tape', 0)))
      assert.notDeepEqual(changed, tape)
    }
  })
})

const session = { version: 18, sessionId: new Uint8Array(32) }
/** Without authorization, correlation id `c`, entity id `e`. */
const ping = Buffer.from('\x00\x01c\x01ePING', 'latin1')
const ids = { correlationId: 'c', entityId: 'e' }

const asked = (): Ledger => {
  const ledger = new Ledger()
  ledger.expect(dueTo(ping, session))
  return ledger
}

describe('the account of answers', () => {
  test('is settled by an answer of the right kind', () => {
    const ledger = asked()
    assert.throws(() => ledger.settle(), /an answer did not come/)
    ledger.take({ ...ids, reply: PONG })
    ledger.settle()
    assert.equal(ledger.answered, 1)
  })

  const wrong = [
    ['of another kind', { ...ids, reply: OK }, /of another kind: OK/],
    ['with another entity id', { ...ids, entityId: 'x', reply: PONG }, /nobody asked for: PONG/],
    ['INTERNAL', { ...ids, reply: refusal({ code: 'INTERNAL' }) }, /ERR INTERNAL/],
  ] as const
  for (const [name, answer, problem] of wrong)
    test(`refuses one ${name}`, () => {
      assert.throws(() => asked().take(answer), problem)
    })

  test('refuses a second one', () => {
    const ledger = asked()
    ledger.take({ ...ids, reply: PONG })
    assert.throws(() => ledger.take({ ...ids, reply: PONG }), Finding)
  })

  test('takes events at any time, and one error for a block that cannot be read', () => {
    const ledger = new Ledger()
    ledger.expect(dueToBlock)
    ledger.take({ correlationId: '', entityId: 'q', reply: { tag: 'END' } })
    ledger.take({ correlationId: '', entityId: '', reply: refusal({ code: 'BLOCK' }) })
    ledger.settle()
    assert.throws(
      () => ledger.take({ correlationId: '', entityId: '', reply: refusal({ code: 'BLOCK' }) }),
      /nobody asked for/,
    )
  })
})

test('errors in the log, and lines that are none of a log, are problems', () => {
  const problems = ['{"level":50,"msg":"fault"}', '{"level":60}', 'TypeError: x', '{"x":1}']
  assert.deepEqual(problems.map(isProblem), [true, true, true, true])
  assert.deepEqual(['{"level":40}', '{"level":30}', ''].map(isProblem), [false, false, false])
})
