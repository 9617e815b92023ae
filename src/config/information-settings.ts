/** Who runs the relay, for its page: the settings of the reference's section INFORMATION. */
import { optional } from './setting.ts'
import { oneOf, path } from './values.ts'
import { country, email, line, simplexLink, webUrl } from './web-values.ts'

export const hostingTypes = ['virtual', 'dedicated', 'colocation', 'owned'] as const

export const informationSettings = {
  infoFile: optional(path, {
    variable: 'SLUICE_INFO_FILE',
    help: 'JSON file with all that the other `SLUICE_INFO_` settings say, instead of them.',
  }),
  infoSourceCode: optional(webUrl, {
    variable: 'SLUICE_INFO_SOURCE_CODE',
    help: 'Where users find the source of this version; needed with any of the following.',
  }),
  infoUsageConditions: optional(webUrl, {
    variable: 'SLUICE_INFO_USAGE_CONDITIONS',
    help: 'Conditions under which the relay may be used.',
  }),
  infoConditionAmendments: optional(webUrl, {
    variable: 'SLUICE_INFO_CONDITION_AMENDMENTS',
    help: 'What differs here from these conditions.',
  }),
  infoOperator: optional(line, {
    variable: 'SLUICE_INFO_OPERATOR',
    help: 'Who runs the relay.',
  }),
  infoOperatorCountry: optional(country, {
    variable: 'SLUICE_INFO_OPERATOR_COUNTRY',
    help: 'Where the operator is at home.',
  }),
  infoWebsite: optional(webUrl, {
    variable: 'SLUICE_INFO_WEBSITE',
    help: 'The operator’s site.',
  }),
  infoServerCountry: optional(country, {
    variable: 'SLUICE_INFO_SERVER_COUNTRY',
    help: 'Where the relay stands.',
  }),
  infoHosting: optional(line, {
    variable: 'SLUICE_INFO_HOSTING',
    help: 'Whose machines the relay runs on.',
  }),
  infoHostingCountry: optional(country, {
    variable: 'SLUICE_INFO_HOSTING_COUNTRY',
    help: 'Where that provider is at home.',
  }),
  infoHostingType: optional(oneOf(hostingTypes), {
    variable: 'SLUICE_INFO_HOSTING_TYPE',
    help: 'How these machines are held.',
  }),
  infoAdminSimplex: optional(simplexLink, {
    variable: 'SLUICE_INFO_ADMIN_SIMPLEX',
    help: 'SimpleX address of the administrators.',
  }),
  infoAdminEmail: optional(email, {
    variable: 'SLUICE_INFO_ADMIN_EMAIL',
    help: 'E-mail address of the administrators.',
  }),
  infoAdminPgp: optional(webUrl, {
    variable: 'SLUICE_INFO_ADMIN_PGP',
    help: 'Where their PGP key is.',
  }),
  infoAdminPgpFingerprint: optional(line, {
    variable: 'SLUICE_INFO_ADMIN_PGP_FINGERPRINT',
    help: 'Fingerprint of that key.',
  }),
  infoComplaintsSimplex: optional(simplexLink, {
    variable: 'SLUICE_INFO_COMPLAINTS_SIMPLEX',
    help: 'SimpleX address for complaints.',
  }),
  infoComplaintsEmail: optional(email, {
    variable: 'SLUICE_INFO_COMPLAINTS_EMAIL',
    help: 'E-mail address for complaints.',
  }),
  infoComplaintsPgp: optional(webUrl, {
    variable: 'SLUICE_INFO_COMPLAINTS_PGP',
    help: 'Where the PGP key for complaints is.',
  }),
  infoComplaintsPgpFingerprint: optional(line, {
    variable: 'SLUICE_INFO_COMPLAINTS_PGP_FINGERPRINT',
    help: 'Fingerprint of that key.',
  }),
} as const
