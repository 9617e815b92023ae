/** A real browser, without a window. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** CHROMIUM, or where systems put it. */
export const launchChromium = (): Promise<Browser> => {
  const executablePath = process.env.CHROMIUM ?? places.find((place) => existsSync(place))
  if (executablePath === undefined)
    throw new Error('no Chromium: install it (Debian: apt install chromium) or name it by CHROMIUM')
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--ignore-certificate-errors'] })
}
