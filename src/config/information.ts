/** What the relay's page says of who runs it, from the settings or from a file (SMP, server information). */
import { z } from 'zod'
import { hostingTypes } from './information-settings.ts'
import { quote, reasonOf } from './problem.ts'
import type { Settings } from './settings.ts'
import { country, email, line, simplexLink, webUrl } from './web-values.ts'

const pgp = z.strictObject({
  pkURI: webUrl.schema,
  pkFingerprint: z.exactOptional(line.schema),
})

const contacts = z.strictObject({
  simplex: z.exactOptional(simplexLink.schema),
  email: z.exactOptional(email.schema),
  pgp: z.exactOptional(pgp),
})

const entity = z.strictObject({ name: line.schema, country: z.exactOptional(country.schema) })

const informationSchema = z.strictObject({
  sourceCode: webUrl.schema,
  usageConditions: z.exactOptional(
    z.strictObject({
      conditions: webUrl.schema,
      amendments: z.exactOptional(webUrl.schema),
    }),
  ),
  operator: z.exactOptional(entity),
  website: z.exactOptional(webUrl.schema),
  adminContacts: z.exactOptional(contacts),
  complaintsContacts: z.exactOptional(contacts),
  hosting: z.exactOptional(entity),
  hostingType: z.exactOptional(z.enum(hostingTypes)),
  serverCountry: z.exactOptional(country.schema),
})

/** In the words and the form of the reference's JSON. */
export type Information = Readonly<z.output<typeof informationSchema>>

export type LoadedInformation =
  | { readonly information?: Information }
  | { readonly problems: readonly string[] }

const isInformation = (name: string): boolean => name.startsWith('info') && name !== 'infoFile'

export const informationContradictions = (settings: Settings): readonly string[] => {
  const given = Object.keys(settings).some(isInformation)
  if (!given) return []
  if (settings.infoFile !== undefined)
    return ['SLUICE_INFO_FILE says all: remove it, or the other SLUICE_INFO_ settings']
  const needs = (
    names: readonly (keyof Settings)[],
    needed: keyof Settings,
    variable: string,
  ): string[] =>
    names.some((name) => settings[name] !== undefined) && settings[needed] === undefined
      ? [`${variable} is needed with what else SLUICE_INFO_ settings say`]
      : []
  return [
    ...(settings.infoSourceCode === undefined
      ? ['SLUICE_INFO_SOURCE_CODE is needed with the other SLUICE_INFO_ settings']
      : []),
    ...needs(['infoConditionAmendments'], 'infoUsageConditions', 'SLUICE_INFO_USAGE_CONDITIONS'),
    ...needs(['infoOperatorCountry'], 'infoOperator', 'SLUICE_INFO_OPERATOR'),
    ...needs(['infoHostingCountry'], 'infoHosting', 'SLUICE_INFO_HOSTING'),
    ...needs(['infoAdminPgpFingerprint'], 'infoAdminPgp', 'SLUICE_INFO_ADMIN_PGP'),
    ...needs(['infoComplaintsPgpFingerprint'], 'infoComplaintsPgp', 'SLUICE_INFO_COMPLAINTS_PGP'),
  ]
}

/** Without what is not given, at every depth. */
const present = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([name, one]) => {
    const kept = present(one)
    return kept === undefined ? [] : [[name, kept] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

const fromSettings = (settings: Settings): unknown =>
  present({
    sourceCode: settings.infoSourceCode,
    usageConditions: {
      conditions: settings.infoUsageConditions,
      amendments: settings.infoConditionAmendments,
    },
    operator: { name: settings.infoOperator, country: settings.infoOperatorCountry },
    website: settings.infoWebsite,
    adminContacts: {
      simplex: settings.infoAdminSimplex,
      email: settings.infoAdminEmail,
      pgp: { pkURI: settings.infoAdminPgp, pkFingerprint: settings.infoAdminPgpFingerprint },
    },
    complaintsContacts: {
      simplex: settings.infoComplaintsSimplex,
      email: settings.infoComplaintsEmail,
      pgp: {
        pkURI: settings.infoComplaintsPgp,
        pkFingerprint: settings.infoComplaintsPgpFingerprint,
      },
    },
    hosting: { name: settings.infoHosting, country: settings.infoHostingCountry },
    hostingType: settings.infoHostingType,
    serverCountry: settings.infoServerCountry,
  })

const fromFile = (path: string, readFile: (path: string) => string): LoadedInformation => {
  const problems = (...all: readonly string[]) => ({
    problems: all.map((one) => `SLUICE_INFO_FILE ${quote(path)} ${one}`),
  })
  try {
    const parsed = informationSchema.safeParse(JSON.parse(readFile(path)))
    if (parsed.success) return { information: parsed.data }
    const { issues } = parsed.error
    return problems(
      ...issues.map(({ path: at, message }) => `has at ${quote(at.join('.'))}: ${message}`),
    )
  } catch (error) {
    if (error instanceof SyntaxError) return problems('is not JSON')
    return problems(`cannot be read: ${reasonOf(error)}`)
  }
}

export const loadInformation = (
  settings: Settings,
  readFile: (path: string) => string,
): LoadedInformation => {
  if (settings.infoFile !== undefined) return fromFile(settings.infoFile, readFile)
  const given = fromSettings(settings)
  return given === undefined ? {} : { information: informationSchema.parse(given) }
}
