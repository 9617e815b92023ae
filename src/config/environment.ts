/** What the process is given from outside; nothing else reads `process.env`. */
import { readFileSync } from 'node:fs'

export const environment: Readonly<Record<string, string | undefined>> = process.env

export const readTextFile = (path: string): string => readFileSync(path, 'utf8')
