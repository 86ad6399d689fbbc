// A person with a real browser: signs in by the one-time link, edits a page with scripts on and another with scripts
// off, and looks at every kind of page with axe-core.
//
// Standard input: { chromium, root, wiki, signInLink, person, secret, scripted, plain, contested,
//                   search, others }
//   secret            a text of a page that nobody but members may see
//   scripted, plain   { page, content, message, shows }: what to type, and the text that must then be on the page
//   contested         { page, message, theirs, mine }: saved by somebody else while it is being edited
//   search            { query, page }
//   others            [{ page, shows, author }]: edits made elsewhere, that this person must see (may be empty)
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { assert, contains, done, input, step } from './tap.mjs'

const given = input()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const address = (page) => given.wiki + '/' + page.split('/').map(encodeURIComponent).join('/')

/** Fails on anything that axe-core calls a violation, with the elements it means. */
async function accessible(page, name) {
  await step(`axe: ${name}`, async () => {
    await page.evaluate(axe)
    const { violations } = await page.evaluate(() => globalThis.axe.run(document))
    const found = violations.map((v) => `${v.id} (${v.impact}): ${v.help}\n` + v.nodes.map((n) => `    ${n.html}\n    ${n.failureSummary}`).join('\n'))
    assert.equal(found.length, 0, found.join('\n'))
  })
}

/** Collects what the browser complains about: script errors, refused content. */
function complaints(page) {
  const heard = []
  page.on('pageerror', (error) => heard.push(`script: ${error}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) heard.push(message.text())
  })
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText
    // Leaving a page cancels what it was still loading.
    if (reason !== 'net::ERR_ABORTED') heard.push(`not loaded: ${request.url()} ${reason}`)
  })
  return heard
}

/** From the page to its edit form, through the form, and back on the page. */
async function edit(page, { page: path, content, message, shows }) {
  await page.goto(address(path))
  await page.getByRole('link', { name: 'Edit', exact: true }).click()
  await page.waitForURL(address(path) + '/edit')
  const area = page.locator('textarea[name=content]')
  assert.ok((await area.inputValue()).length > 0, 'the form holds the page')
  await area.fill(content)
  await page.getByLabel(/Summary of the change/).fill(message)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.waitForURL(address(path))
  contains(await page.locator('article').innerText(), shows)
  contains(await page.locator('main').innerText(), given.person)
}

async function historyNames(page, path, author, message) {
  await page.goto(address(path) + '/history')
  const newest = await page.locator('main li').first().innerText()
  contains(newest, author)
  if (message) contains(newest, message)
}

const browser = await chromium.launch({
  executablePath: given.chromium,
  // Chromium's sandbox needs rights that a container's root may not have; it only ever sees our own pages.
  args: ['--no-sandbox', '--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND'],
})
try {
  const context = await browser.newContext()
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const heard = complaints(page)

  await step('nobody sees the private wiki', async () => {
    const answer = await page.goto(address(given.scripted.page))
    assert.ok([200, 401, 403, 404].includes(answer.status()))
    assert.ok(!(await page.content()).includes(given.secret), 'content of a private wiki')
  })
  await page.goto(given.root + '/auth/sign-in')
  await accessible(page, 'sign-in')
  await step('the one-time link signs in', async () => {
    await page.goto(given.signInLink)
    await accessible(page, 'sign-in link')
    await page.getByRole('button', { name: `Sign in as ${given.person}` }).click()
    await page.waitForURL(given.root + '/')
  })
  await accessible(page, 'landing page')
  await step('the session reaches the wiki', async () => {
    await page.goto(given.wiki + '/-/sign-in?return=' + encodeURIComponent(new URL(address(given.scripted.page)).pathname))
    await page.waitForURL(address(given.scripted.page))
  })
  await accessible(page, 'page view')
  await page.goto(address(given.scripted.page) + '/edit')
  await accessible(page, 'edit')
  await step('an edit with scripts', () => edit(page, given.scripted))
  await step('its history names the person', () => historyNames(page, given.scripted.page, given.person, given.scripted.message))
  await accessible(page, 'history')
  await step('the index lists the page', async () => {
    await page.goto(given.wiki + '/-/index')
    assert.ok(await page.locator(`main a[href="${new URL(address(given.scripted.page)).pathname}"]`).count())
  })
  await accessible(page, 'index')
  await step('the search box finds the edit', async () => {
    await page.getByRole('searchbox').first().fill(given.search.query)
    await page.getByRole('searchbox').first().press('Enter')
    await page.waitForURL(/\/-\/search\?/)
    assert.ok(await page.locator(`main a[href^="${new URL(address(given.search.page)).pathname}"]`).count(), await page.locator('main').innerText())
  })
  await accessible(page, 'search')
  await step('a missing page offers to be created', async () => {
    const answer = await page.goto(address('No such page/at all'))
    assert.equal(answer.status(), 404)
    assert.ok(await page.getByRole('link', { name: /Create/ }).count())
  })
  await accessible(page, '404')

  for (const other of given.others) {
    await step(`${other.page}: edited elsewhere by ${other.author}`, async () => {
      await page.goto(address(other.page))
      contains(await page.locator('article').innerText(), other.shows)
      await historyNames(page, other.page, other.author)
    })
  }
  await step('somebody else saved in the meantime: both texts are there', async () => {
    const other = await context.newPage()
    await page.goto(address(given.contested.page) + '/edit')
    await edit(other, { ...given.contested, content: given.contested.theirs, shows: given.contested.theirs })
    await page.locator('textarea[name=content]').fill(given.contested.mine)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Someone else saved this page').waitFor()
    assert.equal(await page.locator('textarea[name=content]').inputValue(), given.contested.mine)
    assert.equal((await page.getByLabel('Their text').inputValue()).trim(), given.contested.theirs)
  })
  await accessible(page, 'conflict')
  await step('mine over theirs, knowingly', async () => {
    await page.getByRole('button', { name: 'Save mine' }).click()
    await page.waitForURL(address(given.contested.page))
    contains(await page.locator('article').innerText(), given.contested.mine)
  })
  await step('the browser had nothing to complain about', () => assert.deepEqual(heard, []))

  const small = await browser.newContext({ colorScheme: 'dark', viewport: { width: 360, height: 640 }, storageState: await context.storageState() })
  small.setDefaultTimeout(20_000)
  const phone = await small.newPage()
  for (const path of [given.scripted.page, given.scripted.page + '/edit', given.scripted.page + '/history', '-/index']) {
    await phone.goto(address(path))
    await accessible(phone, `${path} on a small, dark screen`)
    await step(`${path} fits a small screen`, async () => {
      const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(wide <= 0, `${wide} pixels too wide`)
    })
  }

  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
  plain.setDefaultTimeout(20_000)
  const quiet = await plain.newPage()
  await step('an edit without scripts', () => edit(quiet, given.plain))
  await step('its history names the person', () => historyNames(quiet, given.plain.page, given.person, given.plain.message))
  done()
} finally {
  await browser.close()
}
