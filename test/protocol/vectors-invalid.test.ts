/** invalid.json: what the reference refuses, or accepts though unusual. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeBlock } from '../../src/protocol/block.ts'
import { type Bytes, ProtocolError } from '../../src/protocol/bytes.ts'
import { decodeCommand, UnknownCommand } from '../../src/protocol/command-decoder.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import { entityIdOf } from '../../src/protocol/ids.ts'
import { pad } from '../../src/protocol/padding.ts'
import { decodeReply } from '../../src/protocol/reply-decoder.ts'
import { encodeReply } from '../../src/protocol/reply-encoder.ts'
import { decodeTransmission, hasSessionId } from '../../src/protocol/transmission.ts'
import type { Version } from '../../src/protocol/version.ts'
import { fromHex, hex, loadVectors } from '../support/vectors.ts'
import { decoded } from './check-codec.ts'

interface Outcome {
  readonly corrId: string
  readonly entityId: string
  readonly error?: string
  readonly ok?: true
}

type Line = Outcome & {
  readonly what: string
  readonly version: Version
  readonly transmission: string
}

const vectors = loadVectors<{
  readonly sessionId: string
  readonly commands: readonly (Line & {
    readonly command: string
    readonly hasAuthorization: boolean
  })[]
  readonly transmissions: readonly Line[]
  readonly blocks: readonly {
    readonly what: string
    readonly version: Version
    readonly content: string
    readonly results: readonly Outcome[]
  }[]
  readonly accepted: readonly Line[]
  readonly clientSide: readonly Line[]
}>('invalid')
const sessionId = fromHex(vectors.sessionId)

/** The codec's own part of an error; the session judges the rest from the decoded fields. */
const commandError = (
  command: Bytes,
  version: Version,
): 'CMD UNKNOWN' | 'CMD SYNTAX' | undefined => {
  try {
    decodeCommand(command, version)
    return undefined
  } catch (error) {
    if (error instanceof UnknownCommand) return 'CMD UNKNOWN'
    if (error instanceof ProtocolError) return 'CMD SYNTAX'
    throw error
  }
}

const sessionErrors = new Set(['CMD NO_AUTH', 'CMD HAS_AUTH', 'CMD NO_ENTITY'])

describe('commands', () => {
  for (const line of vectors.commands)
    test(`${line.what}, v${line.version}: ${line.error}`, () => {
      const transmission = decodeTransmission(fromHex(line.transmission), line.version)
      assert.equal(hex(transmission.command), line.command)
      assert.equal(hex(transmission.correlationId), line.corrId)
      assert.equal(transmission.entityId, entityIdOf(fromHex(line.entityId)))
      assert.equal(transmission.authorization.length > 0, line.hasAuthorization)
      const expected = sessionErrors.has(line.error ?? '') ? undefined : line.error
      assert.equal(commandError(transmission.command, line.version), expected)
    })
})

const authorizationLengths = [0, 64, 80, 114]

/** As a server judges it: protocol.md 5.4, steps 2 to 5. */
const transmissionOutcome = (bytes: Bytes, version: Version): Outcome => {
  const transmission = decoded(() => decodeTransmission(bytes, version))
  if (transmission === undefined) return { corrId: '', entityId: '', error: 'BLOCK' }
  const { authorization, entityId, command } = transmission
  const corrId = hex(transmission.correlationId)
  if (!hasSessionId(transmission, { version, sessionId }))
    return { corrId, entityId: '', error: 'SESSION' }
  if (!authorizationLengths.includes(authorization.length))
    return { corrId, entityId: '', error: 'BLOCK' }
  const error = commandError(command, version)
  const entity = Buffer.from(entityId, 'latin1').toString('hex')
  return { corrId, entityId: entity, ...(error ? { error } : { ok: true }) }
}

describe('transmissions', () => {
  for (const { what, version, transmission, ...expected } of vectors.transmissions)
    test(`${what}, v${version}: ${expected.error}`, () => {
      assert.deepEqual(transmissionOutcome(fromHex(transmission), version), expected)
    })
})

describe('blocks', () => {
  for (const { what, version, content, results } of vectors.blocks)
    test(what, () => {
      const transmissions = decoded(() => decodeBlock(pad(fromHex(content), 1024)))
      const outcomes = transmissions?.map((bytes) => transmissionOutcome(bytes, version)) ?? [
        { corrId: '', entityId: '', error: 'BLOCK' },
      ]
      assert.deepEqual(outcomes, results)
    })
})

describe('accepted', () => {
  for (const { what, version, transmission, ...expected } of vectors.accepted)
    test(`${what}, v${version}`, () => {
      const bytes = fromHex(transmission)
      assert.deepEqual(transmissionOutcome(bytes, version), expected)
      const command = decodeCommand(decodeTransmission(bytes, version).command, version)
      assert.deepEqual(decodeCommand(encodeCommand(command, version), version), command)
    })
})

describe('server transmissions as a client sees them', () => {
  for (const { what, version, transmission, corrId, entityId, error } of vectors.clientSide)
    test(`${what}: ${error ?? 'accepted'}`, () => {
      const fields = decodeTransmission(fromHex(transmission), version)
      assert.equal(hex(fields.correlationId), corrId)
      assert.equal(fields.entityId, entityIdOf(fromHex(entityId)))
      if (error === undefined || sessionErrors.has(error)) {
        const reply = decodeReply(fields.command, version)
        assert.equal(hex(encodeReply(reply, version)), hex(fields.command))
      } else assert.throws(() => decodeReply(fields.command, version), ProtocolError)
    })
})
