// A person who reads, with scripts and without: the tree beside the text, search as one types, the index, shortcuts.
//
// Standard input: { chromium, wiki, signInLink, person, weeks }
//   weeks    how many pages the folder `Reports` has: more than an index lists at once
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
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { preload: false }))
    const found = violations.map((v) => `${v.id} (${v.impact}): ${v.help}\n` + v.nodes.map((n) => `    ${n.html}\n    ${n.failureSummary}`).join('\n'))
    assert.equal(found.length, 0, found.join('\n'))
  })
}

function complaints(page) {
  const heard = []
  page.on('pageerror', (error) => heard.push(`script: ${error}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) heard.push(`${page.url()}: ${message.text()}`)
  })
  return heard
}

/** How far the page's content moved on its own while it loaded (the web vital "cumulative layout shift"). */
const shift = (page) => page.evaluate(() => new Promise((resolve) => {
  let sum = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
  setTimeout(() => resolve(sum), 300)
}))

const tree = (page) => page.locator('#side .tree')
const names = (page) => tree(page).locator('a:visible').allInnerTexts()

async function sidebar(page) {
  await step('the tree shows the way to the page', async () => {
    await page.goto(at('/Guides/First_Steps'))
    assert.equal(await tree(page).locator('[aria-current=page]').innerText(), 'First Steps')
    const shown = await names(page)
    for (const name of ['Guides', 'Drying', 'Herbarium', 'Reports', 'Trips']) assert.ok(shown.includes(name), `${name} of ${shown}`)
    assert.ok(!shown.includes('Lofoten'))
    assert.equal(await page.locator('#side .tree a').count() < 100, true)
  })
  await accessible(page, 'a page with its tree')
  await step('a folder is opened and stays open on the next page', async () => {
    await tree(page).locator('summary[aria-label="Below Trips"]').click()
    await tree(page).getByRole('link', { name: 'Lofoten' }).waitFor()
    await page.goto(at('/Herbarium'))
    assert.ok(await tree(page).getByRole('link', { name: 'Lofoten' }).isVisible())
    assert.ok(await shift(page) < 0.01, 'nothing moves when the tree is restored')
    await tree(page).locator('summary[aria-label="Below Trips"]').click()
    await page.goto(at('/Herbarium'))
    assert.ok(!(await names(page)).includes('Lofoten'), 'what was folded stays folded')
  })
  await step('a folder of very many pages shows some and leads to the rest', async () => {
    await tree(page).locator('summary[aria-label="Below Reports"]').click()
    await tree(page).getByRole('link', { name: 'Week 001' }).waitFor()
    assert.ok(await tree(page).locator('a').count() < 200)
    await tree(page).getByRole('link', { name: 'More', exact: true }).click()
    await page.waitForURL(at('/-/index?in=Reports'))
    await page.goto(at('/Reports/Week_200'))
    assert.ok((await names(page)).includes('Week 200'), 'the names around the page that is read')
  })
  await step('everything is unfolded and folded', async () => {
    await page.goto(at('/Herbarium'))
    await page.getByRole('button', { name: 'Unfold all' }).click()
    await tree(page).getByRole('link', { name: 'Presses' }).waitFor()
    await page.goto(at('/Trips/Senja'))
    assert.ok(await tree(page).getByRole('link', { name: 'Presses' }).isVisible())
    assert.equal(await tree(page).locator('[aria-current=page]').innerText(), 'Senja')
    await page.getByRole('button', { name: 'Fold all' }).click()
    assert.ok(!(await names(page)).includes('Presses'))
  })
  await step('[ puts the sidebar away, for the next page too', async () => {
    await page.keyboard.press('[')
    assert.ok(!await page.locator('#side').isVisible())
    await page.goto(at('/Herbarium'))
    assert.ok(!await page.locator('#side').isVisible())
    assert.equal(await page.locator('#side-toggle').getAttribute('aria-expanded'), 'false')
    await accessible(page, 'a page without its sidebar')
    await page.getByRole('button', { name: 'Sidebar' }).click()
    assert.ok(await page.locator('#side').isVisible())
  })
}

async function search(page) {
  const field = page.locator('#q')
  const list = page.getByRole('listbox')
  await step('names and words are suggested while one types', async () => {
    await page.goto(at('/Herbarium'))
    await page.keyboard.press('/')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('lofo', { delay: 30 })
    await list.getByRole('option').first().waitFor()
    contains(await list.getByRole('option').first().innerText(), 'Lofoten')
    assert.equal(await field.getAttribute('aria-expanded'), 'true')
    assert.ok(await list.locator('mark').count())
  })
  await accessible(page, 'suggestions')
  await step('arrows choose, Escape closes, Enter goes there', async () => {
    await page.keyboard.press('ArrowDown')
    const chosen = await field.getAttribute('aria-activedescendant')
    assert.equal(await page.locator(`#${chosen}`).getAttribute('aria-selected'), 'true')
    await page.keyboard.press('Escape')
    assert.ok(!await list.isVisible())
    assert.equal(await field.getAttribute('aria-expanded'), 'false')
    await page.keyboard.press('ArrowDown')
    await list.getByRole('option').first().waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(at('/Trips/Lofoten'))
  })
  await step('a typing error and words of the text are forgiven', async () => {
    await page.locator('#q').click()
    await page.getByRole('combobox').fill('Hebrarium')
    await list.getByText('Herbarium').first().waitFor()
    await page.getByRole('combobox').fill('saxifrage')
    await list.getByText('Herbarium').first().waitFor()
    // The words are marked.
    await list.locator('.suggested-text mark').first().waitFor()
  })
  await step('Enter alone searches', async () => {
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/-\/search\?q=saxifrage/)
    contains(await page.locator('main').innerText(), 'Herbarium')
  })
}

async function index(page) {
  await step('a large index is listed in parts', async () => {
    await page.goto(at('/-/index'))
    assert.ok(await page.locator('main a').count() < 500)
    await page.locator('main').getByRole('link', { name: `${given.weeks} pages` }).click()
    await page.waitForURL(at('/-/index?in=Reports'))
    assert.ok(await page.locator('.index li').count() <= 400)
    await page.getByRole('link', { name: 'More pages' }).click()
    contains(await page.locator('.index').innerText(), `Week ${given.weeks}`)
    await page.getByRole('link', { name: 'Before these' }).click()
    contains(await page.locator('.index').innerText(), 'Week 001')
  })
  await accessible(page, 'index of a folder')
  await step('an address without a page lists what is below it', async () => {
    const answer = await page.goto(at('/Trips'))
    assert.equal(answer.status(), 200)
    contains(await page.locator('main').innerText(), 'Lofoten')
  })
  await accessible(page, 'folder')
}

async function shortcuts(page) {
  await step('single keys lead to edit, history and a new page, not while one types', async () => {
    for (const [key, path] of [['e', '/Herbarium/edit'], ['h', '/Herbarium/history'], ['c', '/-/new']]) {
      await page.goto(at('/Herbarium'))
      await page.keyboard.press(key)
      await page.waitForURL((url) => url.pathname === path)
    }
    await page.goto(at('/Herbarium'))
    await page.keyboard.press('/')
    await page.keyboard.type('ech')
    assert.equal(page.url(), at('/Herbarium'))
  })
  await step('? lists the keys, and they can be turned off', async () => {
    await page.goto(at('/Herbarium'))
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await dialog.waitFor()
    for (const does of ['Search', 'Edit this page', 'History', 'sidebar']) contains(await dialog.innerText(), does)
    await accessible(page, 'shortcuts')
    await dialog.getByLabel('Use single keys').uncheck()
    await page.keyboard.press('Escape')
    assert.ok(!await dialog.isVisible())
    await page.keyboard.press('h')
    await page.waitForTimeout(200)
    assert.equal(page.url(), at('/Herbarium'))
    await page.keyboard.press('?')
    await dialog.getByLabel('Use single keys').check()
    await dialog.getByRole('button', { name: 'Close' }).click()
  })
}

const browser = await chromium.launch({
  executablePath: given.chromium,
  args: ['--no-sandbox', '--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND'],
})
try {
  const wide = { viewport: { width: 1280, height: 800 } }
  const context = await browser.newContext(wide)
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const heard = complaints(page)
  await page.goto(given.signInLink)
  await page.getByRole('button', { name: `Sign in as ${given.person}` }).click()
  await page.goto(at('/-/sign-in?return=%2FHerbarium'))
  await page.waitForURL(at('/Herbarium'))

  await sidebar(page)
  await search(page)
  await index(page)
  await shortcuts(page)
  await step('a source has numbered lines', async () => {
    await page.goto(at('/Herbarium/source'))
    contains(await page.locator('#L1').innerText(), '# Herbarium')
  })
  await accessible(page, 'source')
  await step('agents are told apart from people', async () => {
    await page.goto(at('/Herbarium'))
    contains(await page.locator('.page-foot').innerText(), 'Agent')
    await page.goto(at('/-/changelog?by=agent'))
    contains(await page.locator('main').innerText(), 'Research agent')
    await page.goto(at('/-/changelog?by=person'))
    assert.ok(!(await page.locator('main').innerText()).includes('Research agent'))
  })
  await accessible(page, 'changes of people')
  await step('the browser had nothing to complain about', () => assert.deepEqual(heard, []))

  const dark = await browser.newContext({ viewport: { width: 390, height: 800 }, colorScheme: 'dark', storageState: await context.storageState() })
  dark.setDefaultTimeout(20_000)
  const phone = await dark.newPage()
  await step('on a phone the sidebar is a drawer', async () => {
    await phone.goto(at('/Guides/First_Steps'))
    assert.ok(!await phone.locator('#side').isVisible())
    await phone.getByRole('button', { name: 'Pages' }).click()
    assert.ok(await phone.locator('#side').isVisible())
    await accessible(phone, 'the drawer on a phone')
    await phone.keyboard.press('Escape')
    assert.ok(!await phone.locator('#side').isVisible())
    assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it fits')
  })

  const quiet = await browser.newContext({ ...wide, javaScriptEnabled: false, storageState: await context.storageState() })
  quiet.setDefaultTimeout(20_000)
  const plain = await quiet.newPage()
  await step('without scripts the tree unfolds, and leads to lists of what is not in it', async () => {
    await plain.goto(at('/Guides/First_Steps'))
    await tree(plain).locator('summary[aria-label="Below Trips"]').click()
    await tree(plain).getByRole('link', { name: '2 pages' }).click()
    await plain.waitForURL(at('/-/index?in=Trips'))
    contains(await plain.locator('main').innerText(), 'Senja')
  })
  await step('without scripts the index is filtered and the search form searches', async () => {
    await plain.goto(at('/-/index'))
    await plain.locator('#index-filter').fill('senja')
    await plain.getByRole('button', { name: 'Filter' }).click()
    contains(await plain.locator('main').innerText(), 'Trips / Senja')
    await plain.locator('#q').fill('saxifrage')
    await plain.locator('#q').press('Enter')
    await plain.waitForURL(/\/-\/search\?q=saxifrage/)
    contains(await plain.locator('main').innerText(), 'Herbarium')
  })
  const slow = await browser.newContext({ viewport: { width: 390, height: 800 }, javaScriptEnabled: false })
  const small = await slow.newPage()
  await step('without scripts the drawer opens as well', async () => {
    await small.goto(at('/Herbarium'))
    await small.getByRole('button', { name: 'Pages' }).click()
    assert.ok(await small.locator('#side').isVisible())
  })
  done()
} finally {
  await browser.close()
}
