import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import type { WebSocket } from 'ws'
import { keepAlive } from '../../../src/transport/keep-alive.ts'
import { withTimers } from '../../support/clock.ts'

/** What the keeping alive needs of a WebSocket, with what it does written down. */
class Peer extends EventEmitter {
  readonly done: string[] = []
  isPaused = false
  bufferedAmount = 0
  ping = (): void => void this.done.push('ping')
  pong = (content: Buffer): void => void this.done.push(`pong ${content}`)
  terminate = (): void => {
    this.done.push('terminate')
    this.emit('close')
  }
}

const watched = (): Peer => {
  const peer = new Peer()
  keepAlive(peer as unknown as WebSocket, 1000)
  return peer
}

test('a peer that answers stays, one that does not is dropped', () =>
  withTimers(async (advance) => {
    const peer = watched()
    await advance(1000)
    peer.emit('pong')
    await advance(1000)
    assert.deepEqual(peer.done, ['ping', 'ping'])
    await advance(1000)
    assert.deepEqual(peer.done, ['ping', 'ping', 'terminate'])
    await advance(9000)
    assert.equal(peer.done.length, 3)
  }))

test('a peer that does not read, or is not read from, is not asked', () =>
  withTimers(async (advance) => {
    const peer = watched()
    await advance(1000)
    peer.isPaused = true
    await advance(5000)
    peer.isPaused = false
    peer.bufferedAmount = 1
    await advance(5000)
    assert.deepEqual(peer.done, ['ping'])
    peer.bufferedAmount = 0
    await advance(1000)
    assert.deepEqual(peer.done, ['ping', 'ping'])
  }))

test('pings are answered while there is room', () => {
  const peer = watched()
  peer.emit('ping', Buffer.from('a'))
  peer.bufferedAmount = 1_000_000
  peer.emit('ping', Buffer.from('b'))
  assert.deepEqual(peer.done, ['pong a'])
  peer.emit('close')
})
