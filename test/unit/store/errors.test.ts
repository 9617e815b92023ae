/** What Redis answers, sorted by what the caller may do about it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { errorOfReply, NotRun } from '../../../src/store/redis/connection/errors.ts'
import { StoreFull, StoreUnavailable } from '../../../src/store/store-error.ts'

const of = (message: string): Error => errorOfReply(new Error(message))

describe('was not run, and may be sent again', () => {
  for (const message of [
    'NOSCRIPT No matching script. Please use EVAL.',
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'CLUSTERDOWN The cluster is down',
    'CLUSTERDOWN Hash slot not served',
    'LOADING Redis is loading the dataset in memory',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "READONLY You can't write against a read only replica.",
    'NOREPLICAS Not enough good replicas to write.',
    'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
  ])
    test(message, () => {
      const error = of(message)
      assert.ok(error instanceof NotRun)
      assert.equal(error.message, message.split(' ')[0])
      assert.equal(error.redirect, undefined)
    })
})

describe('is served by another node', () => {
  const cases = {
    'MOVED 3999 127.0.0.1:6381': { kind: 'moved', host: '127.0.0.1', port: 6381 },
    'ASK 3999 127.0.0.1:6381': { kind: 'ask', host: '127.0.0.1', port: 6381 },
    'MOVED 0 redis-1.example.com:6379': { kind: 'moved', host: 'redis-1.example.com', port: 6379 },
    'MOVED 3999 ::1:6381': { kind: 'moved', host: '::1', port: 6381 },
    // the one that answered
    'MOVED 3999 :6381': { kind: 'moved', host: '', port: 6381 },
  }
  for (const [message, redirect] of Object.entries(cases))
    test(message, () => {
      const error = of(message)
      assert.ok(error instanceof NotRun)
      assert.deepEqual(error.redirect, redirect)
    })

  test('what does not say where is only sent again', () => {
    for (const message of ['MOVED', 'ASK x y', 'MOVED 3999 host']) {
      const error = of(message)
      assert.ok(error instanceof NotRun)
      assert.equal(error.redirect, undefined)
    }
  })
})

test('Redis is full', () => {
  const reply = new Error("OOM command not allowed when used memory > 'maxmemory'.")
  const error = errorOfReply(reply)
  assert.ok(error instanceof StoreFull)
  assert.equal(error.cause, reply)
})

describe('lasts', () => {
  for (const message of [
    'MISCONF Redis is configured to save RDB snapshots',
    'NOAUTH Authentication required.',
    "NOPERM User relay has no permissions to run the 'eval' command",
    'WRONGPASS invalid username-password pair or user is disabled.',
    'UNBLOCKED force unblock from blocking operation, instance state changed',
  ])
    test(message, () => {
      const error = of(message)
      assert.ok(error instanceof StoreUnavailable)
      // the rest may have keys in it
      assert.equal(error.message, `Redis answers ${message.split(' ')[0]}`)
    })
})

test('anything else is a bug, as it is', () => {
  for (const message of [
    'ERR unknown command',
    'WRONGTYPE Operation against',
    'MOVEDX 1 a:1',
    '',
  ]) {
    const reply = new Error(message)
    assert.equal(errorOfReply(reply), reply)
  }
})
