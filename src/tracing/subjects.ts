/** Subjects as OpenTelemetry names them: semantic conventions of messaging, databases, networks. */
import { type Attributes, SpanKind } from '@opentelemetry/api'
import type { Subject } from './tracing.ts'

export interface Described {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
}

/** What a command is to who sends and receives messages. Destinations are ids here, so never named. */
const operationTypes: ReadonlyMap<string, string> = new Map([
  ['SEND', 'send'],
  ['SUB', 'receive'],
  ['GET', 'receive'],
  ['ACK', 'settle'],
])

export const protocol = (version?: number): Attributes => ({
  'network.protocol.name': 'smp',
  ...(version !== undefined && { 'network.protocol.version': `${version}` }),
})

const messaging = (name: string, type: string | undefined): Attributes =>
  type === undefined
    ? {}
    : {
        'messaging.system': 'smp',
        'messaging.operation.name': name,
        'messaging.operation.type': type,
      }

export const describe = (subject: Subject): Described => {
  switch (subject.what) {
    case 'handshake': {
      const attributes = { ...protocol(), 'sluice.transport': subject.transport }
      return { name: 'handshake', kind: SpanKind.SERVER, attributes }
    }
    case 'block': {
      const attributes = { ...protocol(subject.version), 'sluice.block.commands': subject.commands }
      return { name: 'block', kind: SpanKind.SERVER, attributes }
    }
    case 'command': {
      const { tag, version } = subject
      const attributes = {
        ...protocol(version),
        ...messaging(tag, operationTypes.get(tag)),
        'sluice.command': tag,
      }
      return { name: tag, kind: SpanKind.SERVER, attributes }
    }
    case 'store call': {
      const { name, isScript } = subject
      const attributes = {
        'db.system.name': 'redis',
        'db.operation.name': isScript ? 'EVALSHA' : name,
        ...(isScript && { 'db.stored_procedure.name': name }),
      }
      return { name, kind: SpanKind.CLIENT, attributes }
    }
    case 'connect':
    case 'forward':
      return { name: subject.what, kind: SpanKind.CLIENT, attributes: protocol() }
    case 'push': {
      const { path } = subject
      const attributes = {
        ...messaging('MSG', 'receive'),
        ...(path && { 'sluice.delivery.path': path }),
      }
      return { name: 'MSG', kind: SpanKind.INTERNAL, attributes }
    }
  }
}

const good: ReadonlySet<string> = new Set(['ok', 'done'])
/** The relay's own fault, or its store's; a client that is refused something is none. */
const faults: ReadonlySet<string> = new Set(['unanswered', 'internal', 'store', 'failed'])

export const isFault = (outcome: string): boolean => faults.has(outcome)

export const outcomeAttributes = (outcome: string): Attributes => ({
  'sluice.outcome': outcome,
  ...(!good.has(outcome) && { 'error.type': outcome }),
})
