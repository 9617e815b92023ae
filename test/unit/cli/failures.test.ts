import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../../src/cli/command.ts'
import { connectFailure } from '../../../src/cli/connect-failure.ts'
import { listenFailure, opsPlace, portFailure } from '../../../src/cli/listen-failure.ts'
import { dateText, hostAndPort, msText } from '../../../src/cli/words.ts'
import {
  ConnectionClosed,
  HandshakeError,
  RequestTimeout,
  SmpRefusal,
} from '../../../src/client/errors.ts'
import { ChainError } from '../../../src/identity/chain.ts'

const systemError = (fields: object): Error => Object.assign(new Error('raw text'), fields)

const listenText = (fields: object): string => {
  const failure = listenFailure(systemError({ syscall: 'listen', ...fields }), { bind: '10.0.0.9' })
  assert.ok(failure instanceof Failure)
  assert.equal(failure.lines.length, 1)
  return failure.message
}

test('a port that cannot be listened on: what to do', () => {
  assert.equal(
    listenText({ code: 'EADDRINUSE', errno: -98, port: 5223 }),
    'port 5223 is in use: stop what uses it, or set SLUICE_PORT to another',
  )
  assert.equal(
    listenText({ code: 'EACCES', errno: -13, port: 443 }),
    'port 443 is not open to this user: set SLUICE_PORT to 1024 or more, or grant CAP_NET_BIND_SERVICE',
  )
  const notOurs = 'SLUICE_BIND "10.0.0.9" is not an address of this machine: correct or remove it'
  assert.equal(listenText({ code: 'EADDRNOTAVAIL', errno: -99, port: 443 }), notOurs)
  assert.equal(listenText({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), notOurs)
  assert.equal(
    listenText({ code: 'EMFILE', errno: -24, port: 443 }),
    'port 443 cannot listen: too many open files',
  )
})

test('the port for health and metrics has settings of its own', () => {
  const text = (code: string, settings: Parameters<typeof opsPlace>[0]): string => {
    const error = systemError({ syscall: 'listen', code, errno: -99, port: 9090 })
    return `${portFailure(error, opsPlace(settings))}`
  }
  const at = { bind: '10.0.0.9' }
  assert.match(text('EADDRINUSE', at), /port 9090 is in use: .* set SLUICE_OPS_PORT to another$/)
  assert.match(text('EADDRNOTAVAIL', at), /SLUICE_BIND "10\.0\.0\.9" is not/)
  const own = { ...at, opsBind: '10.0.0.8' }
  assert.match(text('EADDRNOTAVAIL', own), /SLUICE_OPS_BIND "10\.0\.0\.8" is not/)
})

test('what is not a failure to listen is passed on', () => {
  for (const other of [new TypeError('a bug'), 'text', undefined])
    assert.equal(listenFailure(other, {}), other)
})

test('a server that cannot be used: why', () => {
  const unreachable = (cause?: unknown) => new HandshakeError('unreachable', 'raw text', { cause })
  const refused = systemError({ code: 'ECONNREFUSED', errno: -111 })
  const cases: readonly (readonly [error: unknown, text: string])[] = [
    [unreachable(refused), 'h:1 cannot be reached: connection refused'],
    [unreachable(new AggregateError([refused])), 'h:1 cannot be reached: connection refused'],
    [unreachable(systemError({ code: 'ENOTFOUND' })), 'h:1 cannot be reached: no such host'],
    [
      unreachable(systemError({ code: 'ERR_SSL', reason: 'wrong version number' })),
      'h:1 cannot be reached: TLS failed, wrong version number',
    ],
    [unreachable(), 'h:1 cannot be reached: it ended the TLS handshake'],
    [
      new HandshakeError('identity', 'raw', { cause: new ChainError('other identity') }),
      'h:1 shows the identity FP=, not the one in the address: ask its operator for the present address; somebody may be in between',
    ],
    [
      new HandshakeError('identity', 'raw', { cause: new ChainError('not valid now') }),
      'h:1 shows certificates that are not valid: server certificates: not valid now',
    ],
    [
      new HandshakeError('closed', 'raw'),
      'h:1 ended the connection during the SMP handshake: is it an SMP server?',
    ],
    [
      new HandshakeError('version', 'the server speaks 19-20, this client 6-18'),
      'h:1: the server speaks 19-20, this client 6-18',
    ],
    [new RequestTimeout('raw'), 'h:1 does not answer'],
    [new SmpRefusal({ code: 'CMD', reason: 'SYNTAX' }), 'h:1 refused: CMD SYNTAX'],
    [new ConnectionClosed('remote', 'the server closed'), 'h:1: the server closed'],
  ]
  for (const [error, text] of cases)
    assert.equal(connectFailure(error, { where: 'h:1', fingerprint: 'FP=' }), text)
  const other = new HandshakeError('identity', 'raw', { cause: new ChainError('other identity') })
  assert.match(connectFailure(other, { where: 'h:1' }), /^h:1 shows another identity, not the one/)
})

test('a mistake of ours is no failure to connect', () => {
  const mistake = new TypeError('a bug')
  assert.throws(() => connectFailure(mistake, { where: 'h:1' }), mistake)
})

test('dates, times and places', () => {
  assert.equal(dateText(new Date('2031-01-31T23:59:59Z')), '2031-01-31')
  assert.equal(dateText(new Date(Date.UTC(12_345, 0, 1))), '12345-01-01')
  assert.equal(msText(1.234), '1.23 ms')
  assert.equal(hostAndPort('a.example', 1), 'a.example:1')
  assert.equal(hostAndPort('::1', 1), '[::1]:1')
})
