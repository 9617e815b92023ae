/** The page about the relay: its address, its rules, and who runs it. */
import type { Information } from '../config/information.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import type { ServerInformation } from './server-information.ts'

export interface About extends ServerInformation {
  readonly host: string
  /** `smp://…`, without the password. */
  readonly address: string
  /** Of Sluice. */
  readonly version: string
  readonly smpVersions: { readonly min: number; readonly max: number }
}

type Row = readonly [name: string, value: string | Html | undefined]

const table = (title: string, rows: readonly Row[]): Html | undefined => {
  const present = rows.filter(([, value]) => value !== undefined)
  if (present.length === 0) return undefined
  const cells = present.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
  )
  return html`<section>
<h2>${title}</h2>
<dl>
${cells}</dl>
</section>
`
}

const link = (url: string | undefined, text = url): Html | undefined =>
  url === undefined ? undefined : html`<a href="${url}" rel="noreferrer">${text}</a>`

const regions = new Intl.DisplayNames('en', { type: 'region' })
const countryName = (code: string): string => regions.of(code) ?? code

const named = (
  entity: { readonly name: string; readonly country?: string } | undefined,
): string | undefined => {
  if (entity?.country === undefined) return entity?.name
  return `${entity.name} (${countryName(entity.country)})`
}

const inDays = (seconds: number): string => {
  const days = seconds / 86_400
  if (days >= 1) return days === 1 ? '1 day' : `${Number(days.toFixed(1))} days`
  return `${Number((seconds / 3600).toFixed(1))} hours`
}

const persistence = {
  memoryOnly: 'in memory: a restart empties the relay',
  queues: 'queues survive a restart, messages do not',
  messages: 'queues and messages survive a restart',
} as const

const hosting = {
  virtual: 'virtual machines',
  dedicated: 'dedicated machines',
  colocation: 'own machines in a data centre',
  owned: 'own machines on own premises',
} as const

const creation = ({ newQueuesAllowed, basicAuthEnabled }: About['config']): string => {
  if (!newQueuesAllowed) return 'nobody'
  return basicAuthEnabled ? 'who knows the password' : 'everybody'
}

const rules = ({ config, smpVersions: { min, max }, version }: About): Html | undefined =>
  table('Rules', [
    ['May create queues', creation(config)],
    ['Messages are kept', `${inDays(config.messageExpiration)} at most`],
    ['Storage', persistence[config.persistence]],
    ['Statistics', config.statsEnabled ? 'counted, without identities' : 'none'],
    ['Protocol', `SMP ${min} to ${max}`],
    ['Software', `Sluice ${version}`],
  ])

const contacts = (
  title: string,
  of: NonNullable<Information['adminContacts']> | undefined,
): Html | undefined =>
  of &&
  table(title, [
    ['SimpleX', link(of.simplex, 'connect in the app')],
    ['E-mail', of.email === undefined ? undefined : link(`mailto:${of.email}`, of.email)],
    ['PGP key', link(of.pgp?.pkURI)],
    ['PGP fingerprint', of.pgp?.pkFingerprint && html`<code>${of.pgp.pkFingerprint}</code>`],
  ])

const operator = (information: Information): readonly (Html | undefined)[] => [
  table('Operator', [
    ['Run by', named(information.operator)],
    ['Site', link(information.website)],
    ['Stands in', information.serverCountry && countryName(information.serverCountry)],
    ['Hosted by', named(information.hosting)],
    ['On', information.hostingType && hosting[information.hostingType]],
    ['Conditions of use', link(information.usageConditions?.conditions)],
    ['Changes to them', link(information.usageConditions?.amendments)],
    ['Source code', link(information.sourceCode)],
  ]),
  contacts('Administrators', information.adminContacts),
  contacts('Complaints', information.complaintsContacts),
]

const sections = (about: About): readonly Html[] =>
  [rules(about), ...(about.information ? operator(about.information) : [])].filter(
    (section) => section !== undefined,
  )

export const serverPage = (about: About): Html =>
  layout({
    title: `SMP relay ${about.host}`,
    host: about.host,
    body: html`<h1>A relay for SimpleX</h1>
<p>It passes on messages that are encrypted from end to end, and knows no users: only queues, and the keys that open them.</p>
<section class="address">
<img src="/address.svg" alt="QR code of the address" width="240" height="240">
<div class="words">
<h2>Address</h2>
<p><code class="select">${about.address}</code></p>
<p>In a SimpleX app, open <em>Network &amp; servers</em>, then <em>Message servers</em>, add a server and scan this code.</p>
</div>
</section>
${sections(about)}<p class="more"><a href="/info.json">The same as JSON</a></p>`,
  })
