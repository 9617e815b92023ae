/** The settings described for people: the table of docs/configuration.md and `sluice check --help`. */
import type { Setting } from './setting.ts'
import { configFile, settingsTable } from './settings.ts'

const settings: readonly Setting[] = [configFile, ...settingsTable.values()]

const spans = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** A long time in words: `1814400` seconds is `21 days`. */
const inWords = ({ default: text, unit }: Setting): string => {
  const seconds = Number(text)
  const span = spans.find(([, size]) => seconds > 0 && seconds % size === 0)
  if (unit !== 'seconds' || span === undefined) return ''
  const count = seconds / span[1]
  return ` (${count} ${span[0]}${count === 1 ? '' : 's'})`
}

const row = (setting: Setting): string => {
  const variable = `\`${setting.variable}\`${setting.secret ? ' (secret)' : ''}`
  const fallback =
    setting.default === undefined ? 'none' : `\`${setting.default}\`${inWords(setting)}`
  const unit = setting.unit ?? ''
  return `| ${[variable, fallback, unit, setting.allowed, setting.help].join(' | ')} |`
}

export const settingsMarkdown = (): string =>
  [
    '| variable | default | unit | allowed | meaning |',
    '|---|---|---|---|---|',
    ...settings.map(row),
  ].join('\n')

const paragraph = (setting: Setting): string => {
  const unit = setting.unit === undefined ? '' : ` ${setting.unit}`
  const fallback =
    setting.default === undefined ? 'none' : `${setting.default}${unit}${inWords(setting)}`
  const lines = [setting.help, `allowed: ${setting.allowed}`, `default: ${fallback}`]
  if (setting.secret) lines.push(`secret:  may be a file, named by ${setting.variable}_FILE`)
  return [setting.variable, ...lines.map((line) => `    ${line.replaceAll('`', '')}`)].join('\n')
}

export const settingsText = (): string => settings.map(paragraph).join('\n')
