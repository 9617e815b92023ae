/**
 * The pages in a real browser. With SCREENSHOTS=DIRECTORY what it shows is left there, which is how
 * the images in docs/images were made.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Information } from '../../src/config/information.ts'
import { bareBase64url } from '../../src/protocol/text.ts'
import { makeWebCertificate } from '../support/web-certificate.ts'
import { identity } from '../support/wire-hello.ts'
import { TlsRelay } from '../support/wire-tls.ts'
import { launchChromium } from './chromium.ts'

const information: Information = {
  sourceCode: 'https://code.example.org/sluice',
  usageConditions: { conditions: 'https://example.org/conditions' },
  operator: { name: 'Example Association', country: 'CH' },
  website: 'https://example.org',
  adminContacts: { email: 'smp@example.org' },
  complaintsContacts: { email: 'abuse@example.org' },
  hosting: { name: 'Example Hosting', country: 'DE' },
  hostingType: 'dedicated',
  serverCountry: 'DE',
}

const KEY = 'N5tUV9mAxGW2UkSJF8AtTGWWDMbsCQlBPZBHWfr5wqs'
const ID = 'fCA-ZJ6TQEKDcyVwJDAAuEfBCoqpUWrN'

const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1000, height: 760 } } as const

describe('the pages in Chromium', { timeout: 60_000 }, () => {
  let relay: TlsRelay
  let browser: Browser
  let base: string
  before(async () => {
    relay = await TlsRelay.start(
      { hosts: 'smp.example.org' },
      { information, webCertificate: makeWebCertificate() },
    )
    base = `https://localhost:${relay.port}`
    browser = await launchChromium()
  })
  after(async () => {
    await browser.close()
    await relay.close()
  })

  /** Fails the test for anything that goes elsewhere, carries a secret, or is refused. */
  const watched = (page: Page): readonly string[] => {
    const complaints: string[] = []
    page.on('request', (request) => {
      const sent = `${request.url().split('#', 1)} ${JSON.stringify(request.headers())}`
      if (!request.url().startsWith(base) || sent.includes(KEY)) complaints.push(sent)
    })
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    return complaints
  }

  for (const [size, viewport] of Object.entries(sizes))
    for (const colorScheme of ['light', 'dark'] as const)
      test(`fit a ${size}, ${colorScheme}`, async () => {
        const context = await browser.newContext({ viewport, colorScheme })
        const page = await context.newPage()
        const complaints = watched(page)
        const backgrounds = new Set<string>()
        for (const [name, path] of [
          ['server', '/'],
          ['link', `/i#${ID}/${KEY}`],
        ] as const) {
          await page.goto(`${base}${path}`)
          await page.waitForLoadState('networkidle')
          const { width, background } = (await page.evaluate(
            `({ width: document.documentElement.scrollWidth, background: getComputedStyle(document.body).backgroundColor })`,
          )) as { width: number; background: string }
          assert.ok(width <= viewport.width, 'nothing to scroll sideways')
          backgrounds.add(background)
          const image = await page.screenshot()
          const { SCREENSHOTS } = process.env
          if (SCREENSHOTS !== undefined)
            writeFileSync(join(SCREENSHOTS, `${name}-${size}-${colorScheme}.png`), image)
        }
        assert.deepEqual(
          [...backgrounds],
          [colorScheme === 'light' ? 'rgb(244, 246, 248)' : 'rgb(16, 20, 24)'],
        )
        assert.deepEqual(complaints, [])
        assert.deepEqual(await context.cookies(), [])
        await context.close()
      })

  const server = `h=smp.example.org&p=PORT&c=${bareBase64url(identity.keyHash)}`
  const links: readonly (readonly [path: string, link?: string])[] = [
    [`i#${ID}/${KEY}`, `simplex:/i#${ID}/${KEY}?${server}`],
    [`a#${KEY}`, `simplex:/a#${KEY}?${server}`],
    [`g#${KEY}/?p=443`, `simplex:/g#${KEY}?${server.replace('PORT', '443')}`],
    [`c#${KEY}?h=a.example,b.onion&c=x`, `simplex:/c#${KEY}?h=a.example,b.onion&p=PORT&c=x`],
    ['contact#/?v=2-7&smp=smp%3A%2F%2Fx', 'simplex:/contact#/?v=2-7&smp=smp%3A%2F%2Fx'],
    ['invitation#/?v=2-7&e2e=x', 'simplex:/invitation#/?v=2-7&e2e=x'],
    ['i'],
    [`i#${KEY}`],
    ['a#short'],
    [`a#${KEY}"><img src=x>`],
    ['contact#'],
  ]
  for (const [path, link] of links)
    test(`/${path.replaceAll(KEY, 'KEY')} is ${link === undefined ? 'no link' : 'a link'}`, async () => {
      const page = await browser.newPage()
      const complaints = watched(page)
      await page.goto(`${base}/${path}`)
      await page.waitForLoadState('networkidle')
      const href = await page.locator('#open').getAttribute('href')
      assert.equal(await page.locator('#link').isVisible(), link !== undefined)
      assert.equal(await page.locator('#broken').isVisible(), link === undefined)
      assert.equal(href, link?.replace('PORT', `${relay.port}`) ?? '#')
      if (link !== undefined) assert.ok(await page.locator('#code svg').isVisible())
      assert.deepEqual(complaints, [])
      await page.close()
    })
})
