/** Where links to people land in a browser: everything secret is after `#`, which is never sent. */
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export interface LinkServer {
  readonly hosts: readonly [string, ...string[]]
  readonly port: number
  /** Base64url. */
  readonly fingerprint: string
}

/** First parts of paths, with what their links lead to. */
export const linkKinds: ReadonlyMap<string, string> = new Map([
  ['i', 'a one-time invitation'],
  ['invitation', 'a one-time invitation'],
  ['a', 'the address of somebody'],
  ['contact', 'the address of somebody'],
  ['c', 'a channel'],
  ['g', 'a group'],
  ['r', 'a chat relay'],
])

export const linkPage = (kind: string, { hosts, port, fingerprint }: LinkServer): Html =>
  layout({
    title: 'A link to SimpleX',
    host: hosts[0],
    script: '/link.js',
    body: html`<h1>You were given ${kind}</h1>
<p>It opens in a SimpleX app. The secret in the link stays in this browser: the server has not seen it.</p>
<section id="link" class="address" hidden data-hosts="${hosts.join()}" data-port="${String(port)}" data-fingerprint="${fingerprint}">
<div id="code"></div>
<div class="words">
<p><a id="open" class="button" href="#">Open in the SimpleX app</a></p>
<p>On another device, scan the code in the app, or copy the link into it:</p>
<p><code id="text" class="select"></code></p>
</div>
</section>
<p id="broken" class="broken" hidden>This link is not whole: a part of it was lost on the way. Ask for it again.</p>
<noscript><p>Without JavaScript, copy the whole address of this page into the SimpleX app.</p></noscript>
<p class="more">No app yet? <a href="https://simplex.chat/downloads/" rel="noreferrer">Get SimpleX Chat</a>, then open the link again.</p>`,
  })
