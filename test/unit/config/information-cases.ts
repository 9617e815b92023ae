/** What the settings of the information page take and refuse. */
import type { SettingName } from '../../../src/config/settings.ts'
import type { Case } from './settings-case.ts'

/** They are of no use without it. */
const beside = { SLUICE_INFO_SOURCE_CODE: 'https://code.example' } as const

const url = (name: SettingName, variable: string, more = {}): Case => ({
  name,
  variable,
  accepts: { 'https://a.example/b?c#d': 'https://a.example/b?c#d', 'http://a': 'http://a' },
  refuses: ['a.example', 'javascript:alert(1)', 'https://a b', 'simplex:/a#x', 'data:text/html,x'],
  beside: { ...beside, ...more },
})

const line = (name: SettingName, variable: string, more = {}): Case => ({
  name,
  variable,
  accepts: { 'A & B <é>': 'A & B <é>', ['x'.repeat(500)]: 'x'.repeat(500) },
  refuses: ['a\nb', 'x'.repeat(501), 'a\u202eb'],
  beside: { ...beside, ...more },
})

const country = (name: SettingName, variable: string, more = {}): Case => ({
  name,
  variable,
  accepts: { DE: 'DE', ch: 'CH' },
  refuses: ['D', 'DEU', 'Germany', '12', 'D1'],
  beside: { ...beside, ...more },
})

const simplex = (name: SettingName, variable: string): Case => ({
  name,
  variable,
  accepts: { 'simplex:/a#x': 'simplex:/a#x', 'https://smp.example/a#x': 'https://smp.example/a#x' },
  refuses: ['smp://a@b', 'javascript:x', 'http://a', 'x'],
  beside,
})

const email = (name: SettingName, variable: string): Case => ({
  name,
  variable,
  accepts: { 'smp@example.org': 'smp@example.org' },
  refuses: ['smp', 'a b@c', '@c', 'a@', 'a@b@c', '<a@b>'],
  beside,
})

const operator = { SLUICE_INFO_OPERATOR: 'x' }
const hosting = { SLUICE_INFO_HOSTING: 'x' }
const conditions = { SLUICE_INFO_USAGE_CONDITIONS: 'https://x' }
const adminPgp = { SLUICE_INFO_ADMIN_PGP: 'https://x' }
const complaintsPgp = { SLUICE_INFO_COMPLAINTS_PGP: 'https://x' }

export const informationCases: readonly Case[] = [
  {
    name: 'infoFile',
    variable: 'SLUICE_INFO_FILE',
    accepts: { '/info.json': '/info.json' },
    refuses: ['a\0b'],
  },
  { ...url('infoSourceCode', 'SLUICE_INFO_SOURCE_CODE'), beside: {} },
  url('infoUsageConditions', 'SLUICE_INFO_USAGE_CONDITIONS'),
  url('infoConditionAmendments', 'SLUICE_INFO_CONDITION_AMENDMENTS', conditions),
  line('infoOperator', 'SLUICE_INFO_OPERATOR'),
  country('infoOperatorCountry', 'SLUICE_INFO_OPERATOR_COUNTRY', operator),
  url('infoWebsite', 'SLUICE_INFO_WEBSITE'),
  country('infoServerCountry', 'SLUICE_INFO_SERVER_COUNTRY'),
  line('infoHosting', 'SLUICE_INFO_HOSTING'),
  country('infoHostingCountry', 'SLUICE_INFO_HOSTING_COUNTRY', hosting),
  {
    name: 'infoHostingType',
    variable: 'SLUICE_INFO_HOSTING_TYPE',
    accepts: { virtual: 'virtual', owned: 'owned' },
    refuses: ['cloud', 'Virtual'],
    beside,
  },
  simplex('infoAdminSimplex', 'SLUICE_INFO_ADMIN_SIMPLEX'),
  email('infoAdminEmail', 'SLUICE_INFO_ADMIN_EMAIL'),
  url('infoAdminPgp', 'SLUICE_INFO_ADMIN_PGP'),
  line('infoAdminPgpFingerprint', 'SLUICE_INFO_ADMIN_PGP_FINGERPRINT', adminPgp),
  simplex('infoComplaintsSimplex', 'SLUICE_INFO_COMPLAINTS_SIMPLEX'),
  email('infoComplaintsEmail', 'SLUICE_INFO_COMPLAINTS_EMAIL'),
  url('infoComplaintsPgp', 'SLUICE_INFO_COMPLAINTS_PGP'),
  line('infoComplaintsPgpFingerprint', 'SLUICE_INFO_COMPLAINTS_PGP_FINGERPRINT', complaintsPgp),
]
