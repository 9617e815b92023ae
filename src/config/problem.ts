/** Words for problems, always within one line. */
import { getSystemErrorMessage } from 'node:util'

const LONGEST = 60

/** Text from outside, cut, with everything that a terminal would not show as it is escaped. */
export const quote = (text: string): string => {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return JSON.stringify(cut).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

/** A name as it is where it is a plain word. */
export const quoteName = (name: string): string => (/^\w{1,80}$/.test(name) ? name : quote(name))

/** Why a system call failed, such as `no such file or directory`. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return quote(String(error))
  if ('errno' in error && typeof error.errno === 'number') return getSystemErrorMessage(error.errno)
  return error.message.split('\n', 1).join()
}
