import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aborted, signalExitCode, stopOnSignals } from '../../../src/cli/signals.ts'

const fakeHost = () => {
  const listeners = new Map<string, () => void>()
  const codes: number[] = []
  let now = 1000
  const { signal, hurry } = stopOnSignals({
    on: (name, listener) => listeners.set(name, listener),
    exit: (code) => codes.push(code),
    now: () => now,
  })
  const send = (name: string, afterMs = 0): void => {
    now += afterMs
    listeners.get(name)?.()
  }
  return { signal, hurry, codes, send }
}

test('the first signal asks to stop', async () => {
  for (const name of ['SIGTERM', 'SIGINT']) {
    const { signal, codes, send } = fakeHost()
    const stopped = aborted(signal)
    assert.equal(signal.aborted, false)
    send(name)
    await stopped
    await aborted(signal)
    assert.equal(signal.reason, name)
    assert.deepEqual(codes, [])
  }
})

test('a second one ends the process', () => {
  const same = fakeHost()
  same.send('SIGINT')
  same.send('SIGINT', 500)
  assert.deepEqual(same.codes, [130])
  const other = fakeHost()
  other.send('SIGINT')
  other.send('SIGTERM')
  assert.deepEqual(other.codes, [143])
})

test('a second one asks a command to hurry that can, and a third one ends the process', async () => {
  const { hurry, codes, send } = fakeHost()
  const hurried = aborted(hurry())
  send('SIGTERM')
  assert.equal(hurry().aborted, false)
  send('SIGTERM', 500)
  await hurried
  assert.deepEqual(codes, [])
  send('SIGTERM', 499)
  assert.deepEqual(codes, [], 'an echo of the second')
  send('SIGTERM', 1)
  assert.deepEqual(codes, [143])
})

test('the echo of a signal, by the terminal and by npm, is not a second one', () => {
  const { codes, send } = fakeHost()
  send('SIGINT')
  send('SIGINT', 0)
  send('SIGINT', 499)
  assert.deepEqual(codes, [])
  send('SIGINT', 1)
  assert.deepEqual(codes, [130])
})

test('exit codes are those of a shell', () => {
  assert.equal(signalExitCode('SIGINT'), 130)
  assert.equal(signalExitCode('SIGTERM'), 143)
})
