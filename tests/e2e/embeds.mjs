// What pages embed, in a real browser: diagrams drawn in their sandbox, tables of data, and every embedding as
// axe-core sees it.
//
// Standard input: { chromium, root, wiki, signInLink, person, pictures }
//   pictures   a directory for screenshots, or null
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { assert, contains, done, input, step } from './tap.mjs'

const given = input()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const at = (path) => given.wiki + path

async function accessible(page, name) {
  await step(`axe: ${name}`, async () => {
    await page.evaluate(axe)
    // The frame that draws is hidden from everybody, and axe has no way into it.
    const { violations } = await page.evaluate(() => globalThis.axe.run({ exclude: ['.diagram-frame'] }, { preload: false, iframes: false }))
    const found = violations.map((v) => `${v.id} (${v.impact}): ${v.help}\n` + v.nodes.map((n) => `    ${n.html}\n    ${n.failureSummary}`).join('\n'))
    assert.equal(found.length, 0, found.join('\n'))
  })
}

/** What must never happen: a dialog, a request to elsewhere that leaves the browser, an error of a script. */
function watch(page) {
  const heard = []
  page.on('dialog', (dialog) => {
    heard.push(`dialog: ${dialog.message()}`)
    dialog.dismiss()
  })
  page.on('pageerror', (error) => heard.push(`script: ${error}`))
  page.on('requestfailed', (request) => {
    // What a policy forbids is not sent.
    if (!new URL(request.url()).hostname.endsWith('localhost') && request.failure()?.errorText !== 'csp') heard.push(`asked: ${request.url()}`)
  })
  return heard
}

const pictures = async (page, name) => {
  if (!given.pictures) return
  for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']]) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: `${given.pictures}/${name}-${width}-${colorScheme}.png`, fullPage: true })
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
}

const drawn = (page, count) => page.waitForFunction((wanted) => document.querySelectorAll('.diagram').length === wanted, count)
const sizes = (page) => page.locator('.diagram img').evaluateAll((images) => Promise.all(images.map(async (image) => {
  await image.decode()
  return [image.naturalWidth, image.naturalHeight, image.currentSrc]
})))

async function diagrams(page) {
  const heard = watch(page)
  const errors = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await step('diagrams are drawn, as images', async () => {
    await page.goto(at('/Diagrams'))
    await drawn(page, 7)
    const seen = await sizes(page)
    assert.equal(seen.length, 6)
    for (const [width, height, source] of seen) {
      assert.ok(width > 50 && height > 50, `${width} x ${height}`)
      assert.ok(source.startsWith(`blob:${given.wiki}`), source)
    }
    assert.equal(await page.locator('.prose svg:not(.icon)').count(), 0)
    contains(await page.locator('.diagram img').first().getAttribute('alt'), 'How a page is saved')
  })
  await step('the source of each is there to read', async () => {
    await page.locator('.diagram summary').first().click()
    contains(await page.locator('.diagram details pre').first().innerText(), 'subgraph Storage')
    await page.locator('.diagram summary').first().click()
  })
  await step('what is wrong is said, with the source', async () => {
    const problem = page.locator('.diagram-problem')
    contains(await problem.innerText(), 'cannot be drawn')
    contains(await problem.locator('pre.mermaid').innerText(), 'not [ a diagram')
  })
  await accessible(page, 'diagrams')
  await step('each colour scheme has its own drawing, and paper the light one', async () => {
    const light = (await sizes(page)).map(([, , source]) => source)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.waitForFunction((before) => document.querySelector('.diagram img').currentSrc !== before, light[0])
    const dark = (await sizes(page)).map(([, , source]) => source)
    assert.ok(dark.every((source, n) => source !== light[n]))
    await accessible(page, 'diagrams in the dark')
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' })
    await page.waitForFunction((before) => document.querySelector('.diagram img').currentSrc === before, light[0])
    await page.emulateMedia({ colorScheme: 'light', media: 'screen' })
  })
  await pictures(page, 'diagrams')
  await step('the browser had nothing to complain about', () => assert.deepEqual([...heard, ...errors], []))

  await step('a hostile diagram runs nothing and asks nobody', async () => {
    await page.goto(at('/Hostile'))
    await drawn(page, 3)
    await sizes(page)
    for (const link of await page.locator('.diagram img').all()) await link.click({ force: true })
    await page.waitForTimeout(500)
    assert.equal(page.url(), at('/Hostile'))
    assert.equal(await page.locator('.prose :is(script, iframe, a[href^="javascript"], [onload], [onerror])').count(), 0)
    assert.deepEqual(heard, [])
  })
  await pictures(page, 'hostile')
  await step('the frame has no origin, no network and cannot be opened elsewhere', async () => {
    const frame = page.frames().find((one) => one.url().includes('diagram-frame'))
    assert.equal(await frame.evaluate(() => origin), 'null')
    assert.equal(await frame.evaluate((url) => fetch(url).then(() => 'read', () => 'refused'), at('/Diagrams')), 'refused')
    assert.equal(await frame.evaluate(() => { try { return parent.document.title } catch { return 'refused' } }), 'refused')
    const policy = await page.evaluate(async (url) => (await fetch(url)).headers.get('content-security-policy'), at('/static/diagram-frame.html'))
    contains(policy, 'sandbox allow-scripts')
    contains(policy, "frame-ancestors 'self'")
  })
  await step('a page without diagrams loads none of it', async () => {
    const loaded = []
    page.on('request', (request) => loaded.push(request.url()))
    await page.goto(at('/Home'))
    assert.ok(!loaded.some((url) => /diagram|data-table|embeds/.test(url)), loaded.join('\n'))
  })
  await step('the preview draws, too', async () => {
    await page.goto(at('/Diagrams/edit'))
    await page.getByRole('button', { name: 'Preview', exact: true }).click()
    await drawn(page, 7)
    await sizes(page)
  })
}

/** The texts of a column of the n-th table, as shown. */
const column = (page, table, at) => page.locator('.data-table table').nth(table).locator(`tbody tr td:nth-child(${at})`).allInnerTexts()

async function embeddings(page) {
  const heard = watch(page)
  page.on('console', (message) => message.type() === 'error' && !message.text().startsWith('Failed to load resource') && heard.push(message.text()))
  await page.goto(at('/Embeds'))
  await step('every embedding is shown', async () => {
    const text = await page.locator('article').innerText()
    for (const part of ['The capital, on a fjord.', 'c. 1049', 'A map of the town', 'finds no file gone.png', 'scrolling when they are long',
      'Watch this video on YouTube', 'videos.example.org', 'be kind', 'From the shared page.', 'finds no page Not there yet',
      'is no embedding', 'In a quote', 'Inside an item', 'From Embeds/Shared']) contains(text, part)
    assert.ok(!text.includes('{{') && !text.includes('}}'), 'no braces are left')
    assert.equal(await page.locator('.infobox a[href="/Norway"].missing').count(), 1)
    assert.equal(await page.locator('.image-frame img[src="/Embeds/map.png"]').count(), 1)
    assert.equal(await page.locator('.file-table a[href="/Embeds/towns.csv"]').count(), 1)
    assert.equal(await page.locator('.embed-index a[href="/Embeds/Folder/Deep#one"]').count(), 1)
    assert.equal(await page.locator('.data-table b').count(), 0)
  })
  await step('links within included text lead to where it is shown', async () => {
    const href = await page.locator('.included a', { hasText: 'below' }).getAttribute('href')
    assert.equal(await page.locator(`.included [id="${href.slice(1)}"]`).count(), 1)
  })
  await step('tasks of an included page are not ticked here', async () => {
    assert.ok(await page.locator('.included input').isDisabled())
  })
  await accessible(page, 'embeddings')
  await step('a column sorts by number, upward, downward, and as written', async () => {
    const head = page.locator('.data-table').first().getByRole('columnheader', { name: 'Length in km' })
    const written = await column(page, 0, 1)
    assert.equal(await head.getAttribute('aria-sort'), 'none')
    await head.getByRole('button').click()
    assert.equal(await head.getAttribute('aria-sort'), 'ascending')
    assert.deepEqual(await column(page, 0, 2), ['48', '356', '361'])
    await head.getByRole('button').press('Enter')
    assert.equal(await head.getAttribute('aria-sort'), 'descending')
    assert.deepEqual(await column(page, 0, 2), ['1,250.5', '621', '361'])
    await head.getByRole('button').click()
    assert.deepEqual(await column(page, 0, 1), written)
    const seas = page.locator('.data-table').first().getByRole('columnheader', { name: 'Sea' }).getByRole('button')
    await seas.click()
    assert.equal((await column(page, 0, 3))[0], 'Barents')
    await seas.click()
    assert.equal((await column(page, 0, 3))[0], 'Skagerrak')
  })
  await step('a table of a file is shown in parts and filtered', async () => {
    const box = page.locator('.data-table').nth(1)
    assert.equal((await column(page, 1, 1)).length, 25)
    contains(await box.getByRole('status').innerText(), 'Rows 1 to 25 of 60')
    await box.getByRole('button', { name: 'Next' }).click()
    assert.equal((await column(page, 1, 1))[0], 'Town 26')
    await box.getByRole('searchbox').fill('Town harb')
    await page.waitForFunction(() => document.querySelectorAll('.data-table')[1].querySelectorAll('tbody tr').length === 1)
    assert.deepEqual(await column(page, 1, 1), ['Town 7'])
    await box.getByRole('searchbox').fill('nothing like it')
    await page.waitForFunction(() => document.querySelectorAll('.data-table')[1].querySelectorAll('tbody tr').length === 0)
    contains(await box.getByRole('status').innerText(), 'No row')
    await box.getByRole('searchbox').fill('')
    await page.waitForFunction(() => document.querySelectorAll('.data-table')[1].querySelectorAll('tbody tr').length === 25)
  })
  await accessible(page, 'tables in use')
  await pictures(page, 'embeds')
  await step('nothing is too wide on a phone', async () => {
    await page.setViewportSize({ width: 360, height: 640 })
    await page.emulateMedia({ colorScheme: 'dark' })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wide <= 0, `${wide} pixels too wide`)
    await accessible(page, 'embeddings on a small, dark screen')
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.emulateMedia({ colorScheme: 'light' })
  })
  await step('the preview has the same tables', async () => {
    await page.goto(at('/Embeds/edit'))
    await page.getByRole('button', { name: 'Preview', exact: true }).click()
    await page.locator('.preview [aria-sort]').first().waitFor()
  })
  await step('the browser had nothing to complain about', () => assert.deepEqual(heard, []))
}

const browser = await chromium.launch({
  executablePath: given.chromium,
  // Chromium's sandbox needs rights that a container's root may not have; it only ever sees our own pages.
  args: ['--no-sandbox', '--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND'],
})
try {
  const context = await browser.newContext()
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  await page.goto(given.signInLink)
  await page.getByRole('button', { name: `Sign in as ${given.person}` }).click()
  await page.waitForURL(given.root + '/')
  await page.goto(at('/-/sign-in?return=/Home'))
  await page.waitForURL(at('/Home'))
  await embeddings(page)
  await diagrams(await context.newPage())

  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
  const quiet = await plain.newPage()
  await step('without scripts tables are tables, and diagrams their source', async () => {
    await quiet.goto(at('/Embeds'))
    assert.equal((await column(quiet, 1, 1)).length, 60)
    await quiet.goto(at('/Diagrams'))
    contains(await quiet.locator('pre.mermaid').first().innerText(), 'subgraph Storage')
  })
  done()
} finally {
  await browser.close()
}
