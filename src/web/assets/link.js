/** Makes a link for the app of the page's address; nothing here is sent anywhere. */
import { encodeQR } from '/qr.js'

const SVG = 'http://www.w3.org/2000/svg'
const BORDER = 3

const element = (id) => document.getElementById(id)

/** The short link's server stands in the page; the link itself may name it too. */
const withServer = (fragment, { hosts, port, fingerprint }) => {
  const [secret, query = ''] = fragment.split('?', 2)
  const given = new URLSearchParams(query)
  const parameters = [`h=${given.get('h') ?? hosts}`]
  parameters.push(`p=${given.get('p') ?? port}`, `c=${given.get('c') ?? fingerprint}`)
  return `${secret.replace(/\/$/, '')}?${parameters.join('&')}`
}

const shortForms = {
  i: /^#[\w-]+=*\/[\w-]{43}=?\/?(?:\?.*)?$/,
  other: /^#[\w-]{43}=?\/?(?:\?.*)?$/,
}

/** `simplex:/…`, or undefined where the secret is missing. */
const appLink = (kind, fragment, server) => {
  if (kind === 'contact' || kind === 'invitation')
    return /^#\/?\?./.test(fragment) ? `simplex:/${kind}${fragment}` : undefined
  const form = kind === 'i' ? shortForms.i : shortForms.other
  return form.test(fragment) ? `simplex:/${kind}${withServer(fragment, server)}` : undefined
}

const qrCode = (text) => {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: BORDER })
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', `0 0 ${rows.length} ${rows.length}`)
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', 'QR code of the link')
  const path = document.createElementNS(SVG, 'path')
  const squares = rows.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
  )
  path.setAttribute('d', squares.join(''))
  svg.append(path)
  return svg
}

const show = () => {
  const section = element('link')
  const kind = location.pathname.split('/').at(1)
  const link = appLink(kind, location.hash, section.dataset)
  section.hidden = link === undefined
  element('broken').hidden = link !== undefined
  if (link === undefined) return
  element('open').href = link
  element('text').textContent = link
  try {
    element('code').replaceChildren(qrCode(link))
  } catch {
    // longer than a code can be
    element('code').replaceChildren()
  }
}

show()
addEventListener('hashchange', show)
