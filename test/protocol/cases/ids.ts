/** IDS in the forms of its versions (protocol.md 6.7). */
import type { Reply } from '../../../src/protocol/reply.ts'
import {
  type Case,
  linkHex,
  linkId,
  notifierHex,
  notifierId,
  recipientHex,
  recipientId,
  senderHex,
  senderId,
  serviceHex,
  serviceId,
  word,
  x25519Hex,
  x25519Key,
} from './case.ts'

const IDS = `${word('IDS ')} ${recipientHex} ${senderHex} ${x25519Hex}`
const ids = { tag: 'IDS', recipientId, senderId, serverDhKey: x25519Key } as const

export const idsCases: readonly Case<Reply>[] = [
  { name: 'IDS', version: 6, hex: IDS, value: ids },
  { name: 'IDS', version: 8, hex: IDS, value: ids },
  {
    name: 'IDS of a queue that its sender can secure',
    version: 9,
    hex: `${IDS} ${word('T')}`,
    value: { ...ids, mode: 'messaging' },
  },
  {
    name: 'IDS of a queue that its sender cannot secure',
    version: 14,
    hex: `${IDS} ${word('F')}`,
    value: { ...ids, mode: 'contact' },
  },
  { name: 'IDS without a mode', version: 15, hex: `${IDS} ${word('00')}`, value: ids },
  {
    name: 'IDS with a link',
    version: 15,
    hex: `${IDS} ${word('1M')} ${word('1')} ${linkHex}`,
    value: { ...ids, mode: 'messaging', linkId },
  },
  {
    name: 'IDS with a service',
    version: 16,
    hex: `${IDS} ${word('1C')} ${word('0')} ${word('1')} ${serviceHex}`,
    value: { ...ids, mode: 'contact', serviceId },
  },
  { name: 'IDS with the least', version: 18, hex: `${IDS} ${word('0000')}`, value: ids },
  {
    name: 'IDS with everything',
    version: 17,
    hex: `${IDS} ${word('1M')} ${word('1')} ${linkHex} ${word('1')} ${serviceHex}
      ${word('1')} ${notifierHex} ${x25519Hex}`,
    value: {
      ...ids,
      mode: 'messaging',
      linkId,
      serviceId,
      notifier: { notifierId, serverDhKey: x25519Key },
    },
  },
]
