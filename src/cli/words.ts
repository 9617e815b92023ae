/** Dates and times as people read them. */

/** `2031-01-31`; years beyond 9999 do occur: identities of the reference end in the year 4764. */
export const dateText = (date: Date): string =>
  date.toISOString().replace(/T.*$/, '').replace(/^\+0*/, '')

export const msText = (ms: number): string => `${ms.toFixed(2)} ms`

export const hostAndPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
