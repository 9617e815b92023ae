/** What every queue store does. Cases do not read what other tests made, and wait for events. */
import { describe } from 'node:test'
import { type Check, checkWith, type StoreFactory } from './cluster.ts'
import { activityCases, podActivityCases } from './contract/activity.ts'
import { changeCases } from './contract/changes.ts'
import { countCases, podCountCases } from './contract/counts.ts'
import { droppedCases } from './contract/dropped.ts'
import { expiryCases } from './contract/expiry.ts'
import { linkCases } from './contract/links.ts'
import { messageCases } from './contract/messages.ts'
import { notifierCountCases } from './contract/notifier-counts.ts'
import { notifierCases } from './contract/notifiers.ts'
import { operatorCases, podOperatorCases } from './contract/operators.ts'
import { podCases } from './contract/pods.ts'
import { podRaceCases, raceCases } from './contract/races.ts'
import { recordCases } from './contract/records.ts'
import { podServiceCases, serviceCases } from './contract/services.ts'
import { podStaleCases, staleCases } from './contract/stale.ts'
import { subscriptionCases } from './contract/subscriptions.ts'

type Cases = (check: Check) => void

const subjects: Readonly<Record<string, Cases>> = {
  records: recordCases,
  changes: changeCases,
  'old records': staleCases,
  messages: messageCases,
  subscriptions: subscriptionCases,
  links: linkCases,
  notifiers: notifierCases,
  services: serviceCases,
  expiry: expiryCases,
  counts: countCases,
  'counts of notifiers': notifierCountCases,
  'what is dropped': droppedCases,
  activity: activityCases,
  operators: operatorCases,
  races: raceCases,
}

const clusterSubjects: Readonly<Record<string, Cases>> = {
  'two pods': podCases,
  'old records of two pods': podStaleCases,
  'races of two pods': podRaceCases,
  'counts of two pods': podCountCases,
  'services of two pods': podServiceCases,
  'activity of two pods': podActivityCases,
  'operators at two pods': podOperatorCases,
}

export const storeContract = (name: string, factory: StoreFactory): void => {
  const all = factory.isClustered ? { ...subjects, ...clusterSubjects } : subjects
  describe(`the store contract: ${name}`, () => {
    for (const [subject, cases] of Object.entries(all))
      describe(subject, () => cases(checkWith(factory)))
  })
}
