/** HTML from templates: what is filled in is text unless it is HTML itself. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Filling = string | Html | undefined | readonly Html[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const filled = (value: Filling): string => {
  if (value === undefined) return ''
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (one) => entities[one] ?? one)
  return value instanceof Html ? value.text : value.map(({ text }) => text).join('')
}

export const html = (parts: TemplateStringsArray, ...values: readonly Filling[]): Html =>
  new Html(String.raw({ raw: parts }, ...values.map(filled)))
