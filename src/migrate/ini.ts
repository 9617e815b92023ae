/** smp-server.ini as its sections have it. */

/** `SECTION.key` to the text; keys that are commented out are absent. */
export type Ini = ReadonlyMap<string, string>

export interface ParsedIni {
  readonly values: Ini
  /** Numbers of lines that are neither a section nor a value. */
  readonly unreadable: readonly number[]
}

const section = /^\[([^\]]+)\]$/
const value = /^([A-Za-z_]\w*)\s*[:=]\s*(.*)$/

export const parseIni = (text: string): ParsedIni => {
  const values = new Map<string, string>()
  const unreadable: number[] = []
  let name = ''
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const [, heading] = section.exec(line) ?? []
    const [, key, content] = value.exec(line) ?? []
    if (heading !== undefined) name = heading
    else if (key !== undefined && content !== undefined) values.set(`${name}.${key}`, content)
    else unreadable.push(index + 1)
  }
  return { values, unreadable }
}
