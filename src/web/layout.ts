import { type Html, html } from './html.ts'

export interface Layout {
  readonly title: string
  /** Of the relay. */
  readonly host: string
  readonly script?: string
  readonly body: Html
}

const scriptTag = (path: string): Html => html`<script type="module" src="${path}"></script>
`

/** A whole page. */
export const layout = ({ title, host, script, body }: Layout): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
${script === undefined ? undefined : scriptTag(script)}</head>
<body>
<header><img src="/icon.svg" alt="" width="32" height="32"><span>${host}</span></header>
<main>
${body}
</main>
<footer>This page sets no cookies, keeps no log and asks nobody else for anything.</footer>
</body>
</html>
`
