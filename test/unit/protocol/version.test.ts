import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  agreeVersion,
  hasBlockEncryption,
  hasBlockedError,
  hasBlockedNotice,
  hasDeletedEvent,
  hasNewNotifier,
  hasProxyFlag,
  hasSenderMode,
  hasServerKey,
  hasServices,
  hasShortLinks,
  maxBodyBytes,
  sessionIdImplied,
  supportedVersions,
  type Version,
} from '../../../src/protocol/version.ts'

describe('what a version has', () => {
  const since: readonly (readonly [first: Version, name: string, has: (v: Version) => boolean])[] =
    [
      [7, 'a server key', hasServerKey],
      [7, 'an implied session id', sessionIdImplied],
      [9, 'a mode for senders', hasSenderMode],
      [10, 'DELD', hasDeletedEvent],
      [11, 'block encryption', hasBlockEncryption],
      [12, 'ERR BLOCKED', hasBlockedError],
      [14, 'the proxy flag', hasProxyFlag],
      [15, 'short links', hasShortLinks],
      [16, 'services', hasServices],
      [17, 'a notifier in NEW', hasNewNotifier],
      [18, 'notices', hasBlockedNotice],
    ]
  for (const [first, name, has] of since)
    test(`${name} from v${first}`, () => {
      assert.deepEqual([has(first - 1), has(first), has(first + 1)], [false, true, true])
    })

  test('the largest body', () => {
    const sizes = [6, 7, 8, 10, 11, 18].map(maxBodyBytes)
    assert.deepEqual(sizes, [16_088, 16_088, 16_064, 16_064, 16_048, 16_048])
  })
})

describe('the agreed version', () => {
  const agreed = (min: Version, max: Version) => agreeVersion(supportedVersions, { min, max })

  test('is the highest in both ranges', () => {
    assert.equal(agreed(6, 18), 18)
    assert.equal(agreed(6, 11), 11)
    assert.equal(agreed(18, 30), 18)
    assert.equal(agreed(1, 6), 6)
    assert.equal(agreeVersion({ min: 6, max: 10 }, { min: 6, max: 12 }), 10)
  })

  test('is none where the ranges do not meet', () => {
    assert.equal(agreed(19, 30), undefined)
    assert.equal(agreed(1, 5), undefined)
  })
})
