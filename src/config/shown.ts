/** Settings as they are in use, as text that can be shown: no secret is in it. */
import type { Rate } from '../limits/rate.ts'
import { rateText } from './limit-settings.ts'
import { type Setting, type Settings, settingsTable } from './settings.ts'

export interface ShownSetting {
  readonly variable: string
  /** As one would write it; of a secret `set`; null where nothing is given. */
  readonly value: string | null
  readonly isSecret: boolean
}

const isRange = (value: object): value is { readonly min: number; readonly max: number } =>
  'min' in value && 'max' in value

const isNetwork = (value: object): value is { readonly address: string; readonly prefix: number } =>
  'address' in value && 'prefix' in value

const isRate = (value: object): value is Rate => 'perSecond' in value && 'burst' in value

const textOf = (value: unknown): string => {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (Array.isArray(value)) return value.map(textOf).join(',')
  if (typeof value !== 'object' || value === null) return String(value)
  if (isRange(value)) return `${value.min}-${value.max}`
  if (isRate(value)) return rateText(value)
  return isNetwork(value) ? `${value.address}/${value.prefix}` : JSON.stringify(value)
}

const show = (setting: Setting, value: unknown): ShownSetting => {
  const { variable, secret } = setting
  const isSecret = secret === true
  // a default may stand for nothing, such as no limit
  if (value === undefined) return { variable, value: setting.default ?? null, isSecret }
  return { variable, value: isSecret ? 'set' : textOf(value), isSecret }
}

/** In the order of the documentation. */
export const shownSettings = (settings: Settings): readonly ShownSetting[] =>
  [...settingsTable].map(([name, setting]) => show(setting, settings[name]))
