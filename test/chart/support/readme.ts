/** The chart's README: a table of the values, from the comments of values.yaml that begin with `--`. */
import { type Document, isMap, type Pair, parseDocument } from 'yaml'

export interface ValueRow {
  readonly path: string
  readonly type: string
  readonly fallback: string
  readonly about: string
}

/** What stands above a value, from `--` on; lines of other comments above are not about it. */
const aboutOf = (comment: string | null | undefined): string | undefined => {
  const lines = (comment ?? '').split('\n').map((line) => line.trim())
  const first = lines.findLastIndex((line) => line.startsWith('--'))
  if (first < 0) return undefined
  return lines
    .slice(first)
    .join(' ')
    .replace(/^--\s*/, '')
}

const typeOf = (value: unknown): string => {
  if (value === null) return '–'
  if (Array.isArray(value)) return 'list'
  return typeof value === 'object' ? 'map' : typeof value
}

const rowsOf = (pairs: readonly Pair[], before: string, inherited?: string): readonly ValueRow[] =>
  pairs.flatMap((pair, index) => {
    const { key, value } = pair as {
      key: { value: string; commentBefore?: string }
      value: unknown
    }
    const path = `${before}${key.value}`
    const map = isMap(value) ? value : undefined
    // of the first value of a map the parser gives the comment to the map
    const about = aboutOf(key.commentBefore) ?? (index === 0 ? inherited : undefined)
    if (about === undefined && map !== undefined && map.items.length > 0)
      return rowsOf(map.items, `${path}.`, aboutOf(map.commentBefore))
    const plain: unknown = JSON.parse(JSON.stringify(value))
    return [{ path, type: typeOf(plain), fallback: JSON.stringify(plain), about: about ?? '' }]
  })

export const valueRows = (yaml: string): readonly ValueRow[] => {
  const document: Document = parseDocument(yaml)
  if (!isMap(document.contents)) throw new Error('values.yaml holds no map')
  return rowsOf(document.contents.items, '')
}

const START = '<!-- values: made from values.yaml by npm run chart -->'
const END = '<!-- /values -->'

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The README with its table made anew. */
export const withTable = (readme: string, yaml: string): string => {
  const start = readme.indexOf(START)
  const end = readme.indexOf(END)
  if (start < 0 || end < start) throw new Error('the README has no place for the table')
  const rows = valueRows(yaml).map(
    ({ path, type, fallback, about }) =>
      `| \`${path}\` | ${type} | \`${cell(fallback)}\` | ${cell(about)} |`,
  )
  const table = ['| value | type | default | meaning |', '| --- | --- | --- | --- |', ...rows]
  return `${readme.slice(0, start)}${START}\n${table.join('\n')}\n${readme.slice(end)}`
}
