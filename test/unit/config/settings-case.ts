import type { SettingName } from '../../../src/config/settings.ts'

export interface Case {
  readonly name: SettingName
  readonly variable: string
  readonly accepts: Readonly<Record<string, unknown>>
  readonly refuses: readonly string[]
  /** What the setting is of no use without. */
  readonly beside?: Readonly<Record<string, string>>
}
