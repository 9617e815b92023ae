/** The settings of a running relay, some of which change without a restart. */
import { isDeepStrictEqual } from 'node:util'
import { type SettingName, type Settings, settingNames } from './settings.ts'

/** Whether rates are shared is settled with the first connection. */
const fixedLimits: ReadonlySet<SettingName> = new Set<SettingName>(['limitShared'])
const limits = settingNames.filter((name) => name.startsWith('limit') && !fixedLimits.has(name))

/** Those that are read when they are used, or that somebody is told of. */
const reloadable: ReadonlySet<SettingName> = new Set<SettingName>([
  ...limits,
  'newQueues',
  'createPassword',
  'queueQuota',
  'messageTtlSeconds',
  'expireOnSend',
  'notificationTtlSeconds',
  'inactiveTtlSeconds',
  'inactiveIntervalSeconds',
  'drainDelaySeconds',
  'drainSeconds',
  'rebalance',
  'logLevel',
])

export interface SettingChanges {
  readonly applied: readonly SettingName[]
  /** Differ from what the relay runs with, and need a restart. */
  readonly waiting: readonly SettingName[]
}

export class LiveSettings {
  /** One object for all, so that what reads it sees the changes. */
  readonly current: Settings

  constructor(settings: Settings) {
    this.current = { ...settings }
  }

  apply(next: Settings): SettingChanges {
    const { current } = this
    const differing = settingNames.filter((name) => !isDeepStrictEqual(current[name], next[name]))
    const applied = differing.filter((name) => reloadable.has(name))
    for (const name of applied) {
      if (next[name] === undefined) Reflect.deleteProperty(current, name)
      else Object.assign(current, { [name]: next[name] })
    }
    return { applied, waiting: differing.filter((name) => !reloadable.has(name)) }
  }
}
