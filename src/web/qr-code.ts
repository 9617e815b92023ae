/** A QR code as an image of two colours, which a scanner reads in light and dark pages alike. */
import { encodeQR } from 'qr'

export const qrCodeSvg = (text: string): string => {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 3 })
  const size = rows.length
  const path = rows.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}h-${size}z"/><path d="${path.join('')}"/></svg>`
}
