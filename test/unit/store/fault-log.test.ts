/** Faults as an operator reads them: once in ten seconds, and without what they are about. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { FaultLog } from '../../../src/fault-log.ts'
import { StoreFull, StoreUnavailable } from '../../../src/store/store-error.ts'

const WINDOW_MS = 10_000

/** Lines that were logged, and the timers of the process. */
const start = (context: TestContext) => {
  const { mock } = context
  mock.timers.enable({ apis: ['setTimeout'] })
  const texts: string[] = []
  const log = new FaultLog(pino({ base: null }, { write: (text) => void texts.push(text) }))
  context.after(() => log.close())
  const lines = () =>
    texts.map((text) => {
      const { time: _, ...line } = JSON.parse(text)
      return line
    })
  return { log, texts, lines, tick: (ms: number) => mock.timers.tick(ms) }
}

const WARN = 40
const ERROR = 50
const away = () => new StoreUnavailable('Redis did not answer: LOADING')

test('what passes by itself is one line without a stack', (t) => {
  const { log, lines } = start(t)
  log.tell(away(), 'mailbox')
  log.tell(new StoreFull('Redis is full'), 'command')
  const msg = 'the store is not available'
  assert.deepEqual(lines(), [
    { level: WARN, during: 'mailbox', reason: 'Redis did not answer: LOADING', msg },
    { level: WARN, during: 'command', reason: 'Redis is full', msg },
  ])
})

test('a bug is told with its stack', (t) => {
  const { log, lines } = start(t)
  const error = new TypeError('no such thing')
  log.tell(error, 'command')
  const { message, stack } = error
  const fault = { type: 'TypeError', message, stack }
  assert.deepEqual(lines(), [{ level: ERROR, during: 'command', fault, msg: 'fault' }])
})

test('the same over and over is one line in ten seconds, and one that sums up', (t) => {
  const { log, lines, tick } = start(t)
  for (let i = 0; i < 1000; i += 1) log.tell(away(), 'mailbox')
  assert.equal(lines().length, 1)
  tick(WINDOW_MS - 1)
  log.tell(away(), 'mailbox')
  assert.equal(lines().length, 1)
  tick(1)
  const again = {
    level: WARN,
    during: 'mailbox',
    reason: 'Redis did not answer: LOADING',
    repeated: 1000,
    msg: 'the same fault again',
  }
  assert.deepEqual(lines().slice(1), [again])
  tick(WINDOW_MS)
  assert.equal(lines().length, 2, 'it is over')
  log.tell(away(), 'mailbox')
  assert.equal(lines().length, 3, 'and begins anew')
})

test('once is not summed up', (t) => {
  const { log, lines, tick } = start(t)
  log.tell(away(), 'mailbox')
  tick(WINDOW_MS)
  assert.equal(lines().length, 1)
})

test('other faults, and the same elsewhere, are told besides', (t) => {
  const { log, lines } = start(t)
  log.tell(away(), 'mailbox')
  log.tell(away(), 'resume')
  log.tell(new StoreUnavailable('another'), 'mailbox')
  log.tell(new Error(away().message), 'mailbox')
  assert.equal(lines().length, 4)
})

test('nothing that a client of Redis adds to its errors is told, nor what it was caused by', (t) => {
  const { log, texts, tick } = start(t)
  const command = { name: 'EVALSHA', args: ['a-secret-key', Buffer.from('a-secret-body')] }
  const reply = Object.assign(new Error('ERR wrong number of arguments'), { command })
  const passing = new StoreUnavailable('Redis answers NOPERM', { cause: reply })
  for (const error of [reply, passing, reply, passing, { secret: 'a-secret-object' }])
    log.tell(error, 'command')
  tick(WINDOW_MS)
  const all = texts.join('')
  assert.equal(texts.length, 5)
  assert.doesNotMatch(all, /secret|EVALSHA|YS1zZWNyZXQ|"command":\{/)
})

test('what is not an error is told all the same', (t) => {
  const { log, lines } = start(t)
  log.tell('a text', 'serve')
  log.tell(undefined, 'serve')
  assert.deepEqual(
    lines().map(({ fault }) => fault.message),
    ['a text', 'undefined'],
  )
})

test('after close nothing is summed up', (t) => {
  const { log, lines, tick } = start(t)
  log.tell(away(), 'mailbox')
  log.tell(away(), 'mailbox')
  log.close()
  tick(WINDOW_MS)
  assert.equal(lines().length, 1)
})
