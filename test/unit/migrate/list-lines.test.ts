import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { LineProblem } from '../../../src/migrate/fields.ts'
import { parseMessageLine, printMessage } from '../../../src/migrate/message-line.ts'
import { parseNotificationLine, printNotification } from '../../../src/migrate/notification-line.ts'
import { same } from '../../store/same.ts'
import { recordedState } from '../../support/state-folder.ts'
import { loggedMessage, loggedNotification } from './arbitraries.ts'

const RID = 'R'.repeat(32)
const MID = 'M'.repeat(32)
const START = `v3 ${RID} ${MID} 1795365399`
const NOTIFICATION = `v1 ${RID} ${MID} 1795365399 ${MID} ${'meta'.repeat(48)}`

const problemOf = (parse: (text: string) => unknown, line: string): string => {
  try {
    parse(line)
  } catch (error) {
    assert.ok(error instanceof LineProblem, 'a problem of the line')
    return error.message
  }
  return assert.fail('it was read')
}

const linesOf = (name: string): readonly string[] =>
  (['first', 'second'] as const).flatMap((run) =>
    readFileSync(join(recordedState(run), name), 'latin1')
      .trimEnd()
      .split('\n'),
  )

describe('messages', () => {
  test('of the reference are read, and written as they were', () => {
    const lines = linesOf('smp-server-messages.log')
    assert.equal(lines.length, 281)
    for (const line of lines) assert.equal(printMessage(parseMessageLine(line)), line)
  })

  test('are written and read back the same', () => {
    fc.assert(fc.property(loggedMessage, (one) => same(parseMessageLine(printMessage(one)), one)))
  })

  test('with an empty body, which the reference writes and cannot read', () => {
    const { content } = parseMessageLine(`${START} flags=F `)
    same(content, { notification: false, body: new Uint8Array(0) })
    assert.equal(printMessage(parseMessageLine(`${START} flags=F `)), `${START} flags=F `)
  })

  const cases: readonly (readonly [line: string, problem: RegExp])[] = [
    ['', /format v3/],
    [START.replace('v3', 'v2'), /format v3/],
    [START, /neither a message nor a marker/],
    [`${START} flags=F`, /neither a message nor a marker/],
    [`${START} quota body`, /flags are none/],
    [`${START} flags=X Ym9keQ==`, /flags are none/],
    [`${START} flags=F Ym9keQ== more`, /neither a message nor a marker/],
    [`${START} flags=F Ym9k*Q==`, /the body is not base64url/],
    [`${START} flags=F ${'A'.repeat(21_464)}`, /the body has 16098 bytes/],
    [`v3 ${RID} short 1795365399 quota`, /the message id/],
    [`v3 ${RID} ${MID} 99999999999999 quota`, /the time is not/],
    [`v3  ${MID} 1 quota`, /the recipient id/],
  ]
  for (const [line, problem] of cases)
    test(`${problem.source}: ${line.slice(0, 40)}`, () =>
      assert.match(problemOf(parseMessageLine, line), problem))
})

describe('notifications', () => {
  test('of the reference are read, and written as they were', () => {
    const lines = linesOf('smp-server-ntfs.log')
    assert.equal(lines.length, 8)
    for (const line of lines) assert.equal(printNotification(parseNotificationLine(line)), line)
  })

  test('are written and read back the same', () => {
    fc.assert(
      fc.property(loggedNotification, (one) =>
        same(parseNotificationLine(printNotification(one)), one),
      ),
    )
  })

  const cases: readonly (readonly [line: string, problem: RegExp])[] = [
    [NOTIFICATION.replace('v1', 'v2'), /format v1/],
    [`${NOTIFICATION} `, /format v1/],
    [NOTIFICATION.slice(0, -4), /the metadata has 141 bytes instead of 144/],
    [NOTIFICATION.replace(` ${MID} meta`, ' QUE= meta'), /the nonce has 2 bytes/],
  ]
  for (const [line, problem] of cases)
    test(problem.source, () => assert.match(problemOf(parseNotificationLine, line), problem))

  test('cut anywhere', () => {
    for (let end = 0; end < NOTIFICATION.length; end++)
      problemOf(parseNotificationLine, NOTIFICATION.slice(0, end))
  })
})
