/** Which of the two formats a scraper would rather have (RFC 9110, 12.5.1). */

const OPEN_METRICS = 'application/openmetrics-text'
const others: ReadonlySet<string> = new Set(['text/plain', 'text/*', '*/*'])

interface Offer {
  readonly media: string
  readonly quality: number
}

const offerOf = (text: string): Offer => {
  const [media = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
  return { media, quality: Number(quality) || 0 }
}

/** Not where it is only as good as the other one. */
export const prefersOpenMetrics = (accept = ''): boolean => {
  const best = { open: 0, other: 0 }
  for (const { media, quality } of accept.split(',').map(offerOf))
    if (media === OPEN_METRICS) best.open = Math.max(best.open, quality)
    else if (others.has(media)) best.other = Math.max(best.other, quality)
  return best.open > best.other || (best.open > 0 && best.other === 0)
}
