/** What each SMP version adds, as named predicates (protocol history, versions 6 to 18). */
import { ProtocolError } from './bytes.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export type Version = number

export interface VersionRange {
  readonly min: Version
  readonly max: Version
}

export const supportedVersions: VersionRange = { min: 6, max: 18 }

export const hasServerKey = (version: Version): boolean => version >= 7
export const sessionIdImplied = (version: Version): boolean => version >= 7
export const hasSenderMode = (version: Version): boolean => version >= 9
export const hasDeletedEvent = (version: Version): boolean => version >= 10
export const hasBlockEncryption = (version: Version): boolean => version >= 11
export const hasBlockedError = (version: Version): boolean => version >= 12
export const hasProxyFlag = (version: Version): boolean => version >= 14
export const hasShortLinks = (version: Version): boolean => version >= 15
export const hasServices = (version: Version): boolean => version >= 16
export const hasNewNotifier = (version: Version): boolean => version >= 17
export const hasBlockedNotice = (version: Version): boolean => version >= 18

/** The largest SEND body in bytes. */
export const maxBodyBytes = (version: Version): number => {
  if (version >= 11) return 16_048
  return version >= 8 ? 16_064 : 16_088
}

/** The highest version in both ranges, or undefined. */
export const agreeVersion = (ours: VersionRange, theirs: VersionRange): Version | undefined => {
  const highest = Math.min(ours.max, theirs.max)
  return highest >= Math.max(ours.min, theirs.min) ? highest : undefined
}

export const readVersionRange = (reader: Reader): VersionRange => {
  const range = { min: reader.u16(), max: reader.u16() }
  if (range.min > range.max) throw new ProtocolError('version range upside down')
  return range
}

export const writeVersionRange = (writer: Writer, range: VersionRange): Writer =>
  writer.u16(range.min).u16(range.max)
