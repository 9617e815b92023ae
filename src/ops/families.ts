/** Every metric but those of the process, in the order in which they are documented. */
import { commandFamilies } from './families/command-families.ts'
import { connectionFamilies } from './families/connection-families.ts'
import { limitFamilies } from './families/limit-families.ts'
import { referenceDeliveryFamilies } from './families/reference-delivery-families.ts'
import { referenceQueueFamilies } from './families/reference-queue-families.ts'
import {
  referenceRelayFamilies,
  referenceSessionFamilies,
} from './families/reference-session-families.ts'
import { relayFamilies } from './families/relay-families.ts'
import { serviceFamilies } from './families/service-families.ts'
import { storeFamilies } from './families/store-families.ts'
import type { Family } from './family.ts'

export const families: readonly Family[] = [
  ...relayFamilies,
  ...connectionFamilies,
  ...commandFamilies,
  ...limitFamilies,
  ...storeFamilies,
  ...referenceQueueFamilies,
  ...referenceSessionFamilies,
  ...referenceDeliveryFamilies,
  ...referenceRelayFamilies,
  ...serviceFamilies,
]
