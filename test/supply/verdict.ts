/** What npm's audits found, from what they print as JSON. */

export type Verdict =
  | { readonly outcome: 'good' }
  /** The registry was not to be had, or has nothing to compare with. */
  | { readonly outcome: 'unchecked'; readonly reason: string }
  | { readonly outcome: 'bad'; readonly findings: readonly string[] }

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter(isFields) : []

const parsed = (json: string): Fields => {
  try {
    return fieldsOf(JSON.parse(json))
  } catch {
    return {}
  }
}

/** Errors of a registry that is away or does not offer this; all others are of what it said. */
const away = /^(E[45]\d\d|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH)$/
const offersNothing = /installed from a supported registry/

const [bad, unchecked] = [
  (findings: readonly string[]): Verdict => ({ outcome: 'bad', findings }),
  (reason: string): Verdict => ({ outcome: 'unchecked', reason }),
]

/** Of `npm audit signatures --json`. */
export const signaturesVerdict = (json: string): Verdict => {
  const { error, invalid, missing } = parsed(json)
  if (Array.isArray(invalid) && Array.isArray(missing)) {
    const named = (what: string, packages: readonly Fields[]) =>
      packages.map(({ name, version }) => `${textOf(name)}@${textOf(version)}: ${what}`)
    const findings = [
      ...named('its signature is wrong', listOf(invalid)),
      ...named('it has no signature, though its registry signs', listOf(missing)),
    ]
    return findings.length === 0 ? { outcome: 'good' } : bad(findings)
  }
  const { code, summary } = fieldsOf(error)
  const reason = textOf(summary)
  const isAway = away.test(textOf(code)) || offersNothing.test(reason)
  return isAway ? unchecked(reason) : bad([reason || 'npm said nothing that can be read'])
}

const SEVERE = ['high', 'critical']

/** Of `npm audit --json`: advisories that are high or critical. */
export const advisoriesVerdict = (json: string): Verdict => {
  const { vulnerabilities, statusCode, message, error } = parsed(json)
  if (isFields(vulnerabilities)) {
    const findings = Object.entries(vulnerabilities).flatMap(([name, found]) => {
      const severity = textOf(fieldsOf(found).severity)
      return SEVERE.includes(severity) ? [`${name}: ${severity}`] : []
    })
    return findings.length === 0 ? { outcome: 'good' } : bad(findings)
  }
  const { code, summary } = fieldsOf(error)
  const reason = textOf(message) || textOf(summary)
  const isAway = typeof statusCode === 'number' || away.test(textOf(code))
  return isAway ? unchecked(reason) : bad([reason || 'npm said nothing that can be read'])
}
