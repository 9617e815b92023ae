/** What anybody may know of the relay, in the words of the reference (ServerInformation). */
import type { Information } from '../config/information.ts'
import type { Settings } from '../config/settings.ts'

export interface ServerInformation {
  readonly config: {
    readonly persistence: 'memoryOnly' | 'queues' | 'messages'
    /** In seconds. */
    readonly messageExpiration: number
    readonly statsEnabled: boolean
    readonly newQueuesAllowed: boolean
    /** Whether the creation of queues asks for a password. */
    readonly basicAuthEnabled: boolean
  }
  readonly information?: Information
}

export const serverInformation = (
  settings: Settings,
  information: Information | undefined,
): ServerInformation => ({
  config: {
    persistence: settings.redisUrl === undefined ? 'memoryOnly' : 'messages',
    messageExpiration: settings.messageTtlSeconds,
    statsEnabled: false,
    newQueuesAllowed: settings.newQueues,
    basicAuthEnabled: settings.createPassword !== undefined,
  },
  ...(information && { information }),
})
