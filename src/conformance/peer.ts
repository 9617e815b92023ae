/** One connection of a check: says lines, and hears answers and events. */

import { setTimeout as delay } from 'node:timers/promises'
import { ConnectionClosed } from '../client/errors.ts'
import type { Session } from '../client/handshake.ts'
import type { ClientTransport } from '../client/transport.ts'
import { nativeCrypto as crypto } from '../crypto/native.ts'
import { BlockPacker, decodeBlock } from '../protocol/block.ts'
import { type Bytes, latin1Text } from '../protocol/bytes.ts'
import { type EntityId, noEntity } from '../protocol/ids.ts'
import { pad } from '../protocol/padding.ts'
import type { Reply, ReplyTag } from '../protocol/reply.ts'
import { decodeReply } from '../protocol/reply-decoder.ts'
import { decodeTransmission, encodeTail, hasSessionId } from '../protocol/transmission.ts'
import { AskedRequests } from './asked.ts'
import { Mismatch } from './check.ts'
import { commandBytes } from './commands.ts'
import { Inbox } from './inbox.ts'
import { type Expected, expectedText, type Heard, isExpected, type Line, type Row } from './line.ts'
import type { SharedScene } from './shared-scene.ts'
import { signerText, transmissionOf } from './signer.ts'
import { commandText, reasonOf } from './words.ts'

export class Peer {
  readonly name: string
  readonly session: Session
  /** Resolves when the server has ended the connection, or we have. */
  readonly ended: Promise<void>
  readonly #transport: ClientTransport
  readonly #scene: SharedScene
  readonly #inbox = new Inbox<Heard>()
  readonly #asked = new AskedRequests()

  constructor(
    name: string,
    parts: { readonly transport: ClientTransport; readonly session: Session },
    scene: SharedScene,
  ) {
    this.name = name
    this.session = parts.session
    this.#transport = parts.transport
    this.#scene = scene
    this.ended = this.#read()
  }

  get version(): number {
    return this.session.version
  }

  /** What SUB and NSUB are answered with. */
  get sok(): string {
    return this.version >= 16 ? 'SOK' : 'OK'
  }

  /** Says the lines in one block if they fit; the correlation ids. */
  say(lines: readonly Line[], correlationId?: Bytes): readonly string[] {
    this.#scene.signal.throwIfAborted()
    const ids = lines.map(() => correlationId ?? crypto.randomBytes(24))
    const transmissions = lines.map(([by, to, command], i) => {
      const fields = { correlationId: ids[i] ?? crypto.randomBytes(24), entityId: to }
      const tail = encodeTail(fields, commandBytes(command, this.version))
      this.#note([by, to, command], latin1Text(fields.correlationId))
      return transmissionOf(this.session, by, { correlationId: fields.correlationId, tail })
    })
    this.sayTransmissions(transmissions)
    return ids.map(latin1Text)
  }

  sayTransmissions(transmissions: readonly Bytes[]): void {
    const packer = new BlockPacker()
    for (const bytes of transmissions) packer.add((writer) => writer.raw(bytes))
    for (const padded of packer.blocks(this.session.paddedBytes)) this.sayPadded(padded)
  }

  /** A block with any content. */
  sayContent(content: Bytes, what: string): void {
    this.#scene.transcript.said(this.name, what)
    this.sayPadded(pad(content, this.session.paddedBytes))
  }

  sayPadded(padded: Bytes): void {
    this.#transport.send(this.session.seal(padded))
  }

  /** As it goes over TLS. */
  sayBlock(block: Bytes, what: string): void {
    this.#scene.transcript.said(this.name, what)
    this.#transport.send(block)
  }

  /** The answer to one line, whatever it is. */
  async ask(line: Line, correlationId?: Bytes): Promise<Heard> {
    const [id = ''] = this.say([line], correlationId)
    return this.answer(id, line)
  }

  /** The answers to several lines of one block. */
  async askAll(lines: readonly Line[]): Promise<readonly Heard[]> {
    const ids = this.say(lines)
    const answers: Heard[] = []
    for (const [i, line] of lines.entries()) answers.push(await this.answer(ids[i] ?? '', line))
    return answers
  }

  /** The answer with this correlation id, which must name the line's entity. */
  async answer(correlationId: string, [, to, command]: Line, ms?: number): Promise<Heard> {
    const what = `an answer to ${commandText(command, this.#scene.names)}`
    const fits = (heard: Heard): boolean => heard.correlationId === correlationId
    const heard = await this.#take(what, fits, ms ?? this.#scene.timing.answerMs)
    const { entityId, text } = heard
    if (entityId === to) return heard
    throw new Mismatch(
      `${what} that names ${this.#nameOf(to)}`,
      `${text}, ${this.#nameOf(entityId)}`,
    )
  }

  /** Says a line and hears one of the answers expected; of several it notes which. */
  async expect(line: Line, expected: Expected, ms?: number): Promise<Heard> {
    const [id = ''] = this.say([line])
    const heard = await this.answer(id, line, ms)
    this.judge(line, heard, expected)
    return heard
  }

  judge([, , command]: Line, { text }: Heard, expected: Expected): void {
    const said = commandText(command, this.#scene.names)
    if (!isExpected(text, expected))
      throw new Mismatch(`${expectedText(expected)}, in answer to ${said}`, text)
    if (typeof expected !== 'string') this.#scene.note(`${said} was answered with ${text}`)
  }

  /** Lines one after the other, each with what it is answered with. */
  async table(...rows: readonly Row[]): Promise<void> {
    for (const [by, to, command, expected] of rows)
      await this.expect([by, to, typeof command === 'function' ? command() : command], expected)
  }

  /** The reply of a certain kind. */
  async request<T extends ReplyTag>(line: Line, tag: T, correlationId?: Bytes): Promise<Reply<T>> {
    const heard = await this.ask(line, correlationId)
    const { reply } = heard
    if (reply?.tag !== tag) {
      this.judge(line, heard, tag)
      throw new Mismatch(tag, heard.text)
    }
    return reply as Reply<T>
  }

  /** The next event for this id, which must be this one. */
  async hear(to: EntityId, expected: Expected): Promise<Heard> {
    const heard = await this.event(to, expectedText(expected))
    if (isExpected(heard.text, expected)) return heard
    throw new Mismatch(`${expectedText(expected)} for ${this.#nameOf(to)}`, heard.text)
  }

  /** The next event for this id, of any kind. */
  event(to: EntityId, what: string): Promise<Heard> {
    const fits = (heard: Heard): boolean => heard.correlationId === '' && heard.entityId === to
    return this.#take(`${what} for ${this.#nameOf(to)}`, fits, this.#scene.timing.eventMs)
  }

  /** What comes next, of any kind. */
  next(what: string): Promise<Heard> {
    return this.#take(what, () => true, this.#scene.timing.answerMs)
  }

  /** For a short time nothing comes, after all that is on its way has come. */
  async quiet(): Promise<void> {
    await this.expect([undefined, noEntity, { tag: 'PING' }], 'PONG')
    const limits = { ms: this.#scene.timing.quietMs, signal: this.#scene.signal }
    const heard = await this.#inbox.take(() => true, limits)
    if (heard !== undefined)
      throw new Mismatch('nothing more', `${heard.text} for ${this.#nameOf(heard.entityId)}`)
  }

  /** Closes once it is known which queues were made, or after so many milliseconds. */
  async closeSettled(ms: number): Promise<void> {
    const late = delay(ms, undefined, { ref: false })
    await Promise.race([this.ended, this.#asked.made(), late])
    this.close()
  }

  close(): void {
    this.#transport.close()
  }

  #nameOf(id: EntityId): string {
    return this.#scene.names.of(id)
  }

  #note([by, to, command]: Line, id: string): void {
    this.#scene.onAsk(command, to)
    this.#asked.add(id, { by, command })
    const target = to === noEntity ? '' : ` to ${this.#nameOf(to)}`
    const what = `${commandText(command, this.#scene.names)}${target}, ${signerText(by)}`
    this.#scene.transcript.said(this.name, what)
  }

  async #take(what: string, fits: (heard: Heard) => boolean, ms: number): Promise<Heard> {
    const { signal } = this.#scene
    let heard: Heard | undefined
    try {
      heard = await this.#inbox.take(fits, { ms, signal })
    } catch (error) {
      signal.throwIfAborted()
      throw new Mismatch(what, reasonOf(error))
    }
    if (heard === undefined) throw new Mismatch(what, `nothing within ${ms / 1000} s`)
    if (heard.reply === undefined) throw new Mismatch(what, heard.text)
    return heard
  }

  async #read(): Promise<void> {
    const { blocks } = this.session
    try {
      for (let next = await blocks.next(); !next.done; next = await blocks.next())
        for (const bytes of decodeBlock(this.session.open(next.value))) this.#receive(bytes)
      this.#inbox.end(new ConnectionClosed('remote', 'the server ended the connection'))
    } catch (error) {
      this.#inbox.end(error instanceof Error ? error : new Error(reasonOf(error)))
    }
    this.#scene.transcript.heard(this.name, '(the connection has ended)')
  }

  #receive(bytes: Bytes): void {
    const transmission = decodeTransmission(bytes, this.version)
    const { entityId, command, authorization } = transmission
    const correlationId = latin1Text(transmission.correlationId)
    if (!hasSessionId(transmission, this.session) || authorization.length > 0)
      throw new ConnectionClosed('protocol', 'a transmission that no server makes')
    const heard = { correlationId, entityId, ...this.#decoded(entityId, command) }
    const asked = this.#asked.take(correlationId)
    if (heard.reply && asked) this.#scene.onAnswer(asked, heard.reply, entityId)
    const target = entityId === noEntity ? '' : ` for ${this.#nameOf(entityId)}`
    const kind = correlationId === '' ? ' (event)' : ''
    this.#scene.transcript.heard(this.name, `${heard.text}${target}${kind}`)
    this.#inbox.push(heard)
  }

  #decoded(entityId: EntityId, command: Bytes): Pick<Heard, 'reply' | 'text'> {
    try {
      const reply = decodeReply(command, this.version)
      return { reply, text: this.#scene.textOf(entityId, reply) }
    } catch (error) {
      const shown = JSON.stringify(latin1Text(command.subarray(0, 32)))
      return { text: `${shown}, which does not parse: ${reasonOf(error)}` }
    }
  }
}
