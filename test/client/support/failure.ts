import assert from 'node:assert/strict'
import { ConnectionClosed, HandshakeError, SmpRefusal } from '../../../src/client/errors.ts'

/** What a promise fails with. */
export const failure = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  return assert.fail('it did not fail')
}

export const expectHandshakeError = async (
  promise: Promise<unknown>,
  reason: string,
): Promise<void> => {
  const error = await failure(promise)
  assert.ok(error instanceof HandshakeError, String(error))
  assert.equal(error.reason, reason)
}

export const expectClosed = async (promise: Promise<unknown>, reason: string): Promise<void> => {
  const error = await failure(promise)
  assert.ok(error instanceof ConnectionClosed, String(error))
  assert.equal(error.reason, reason)
}

export const expectRefusal = async (promise: Promise<unknown>, code: string): Promise<void> => {
  const error = await failure(promise)
  assert.ok(error instanceof SmpRefusal, String(error))
  assert.equal(error.error.code, code)
}
