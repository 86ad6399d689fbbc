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
    // Style sheets are not collected: for that axe puts a <style> into the page, which its policy forbids.
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { preload: false }))
    const found = violations.map((v) => `${v.id} (${v.impact}): ${v.help}\n` + v.nodes.map((n) => `    ${n.html}\n    ${n.failureSummary}`).join('\n'))
    assert.equal(found.length, 0, found.join('\n'))
  })
}

/** Collects what the browser complains about: script errors, refused content. */
function complaints(page) {
  const heard = []
  page.on('pageerror', (error) => heard.push(`script: ${error}`))
  page.on('console', (message) => {
    // Replacing a selection, Chromium puts a styled span into the editor's text; the policy takes the style away.
    const typed = message.text().startsWith('Applying inline style') && page.url().endsWith('/edit')
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource') && !typed) {
      heard.push(`${page.url()}: ${message.text()} (${message.location().url})`)
    }
  })
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText
    // Leaving a page cancels what it was still loading.
    if (reason !== 'net::ERR_ABORTED') heard.push(`not loaded: ${request.url()} ${reason}`)
  })
  return heard
}

/** Replaces the text in the form: in the rich editor if there is one, else in the textarea. */
async function write(page, content) {
  const rich = page.locator('.rich-editor .cm-content')
  if (await rich.count() === 0) return page.locator('textarea[name=content]').fill(content)
  await rich.click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(content)
}

/** From the page to its edit form, through the form, and back on the page. */
async function edit(page, { page: path, content, message, shows }) {
  await page.goto(address(path))
  await page.getByRole('link', { name: 'Edit', exact: true }).click()
  await page.waitForURL(address(path) + '/edit')
  const area = page.locator('textarea[name=content]')
  assert.ok((await area.inputValue()).length > 0, 'the form holds the page')
  await write(page, content)
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

/** What else a person does with a page; on a page of its own, which is gone afterwards. */
async function flows(page) {
  const at = (path) => given.wiki + path
  await step('the toolbar, completion and the preview help to write', async () => {
    await page.goto(at('/Flow_test/edit'))
    await write(page, 'First **line**.\n\n')
    await page.keyboard.insertText('[[' + given.plain.page.slice(0, 4))
    await page.locator('.rich-editor .cm-tooltip-autocomplete li').first().waitFor()
    await page.keyboard.press('Enter')
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Task list' }).click()
    await page.keyboard.insertText('water it')
    await page.getByRole('button', { name: 'Both', exact: true }).click()
    await page.locator('.preview article strong').waitFor()
    contains(await page.locator('.preview article').innerText(), 'water it')
  })
  await accessible(page, 'the rich editor with its preview')
  await step('a file is uploaded from the editor of a page that exists', async () => {
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.waitForURL(at('/Flow_test'))
    await page.goto(at('/Flow_test/edit'))
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Insert files' }).click()
    await (await chooser).setFiles({ name: 'drop.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgo=', 'base64') })
    await page.waitForFunction(() => document.querySelector('textarea[name=content]').value.includes('![drop.png](./drop.png)'))
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.waitForURL(at('/Flow_test'))
    assert.ok(await page.locator('article img[src="/Flow_test/drop.png"]').count())
  })
  await step('a task is ticked on the page', async () => {
    await page.locator('.task-list-item input').check()
    await page.waitForFunction(async (href) => (await (await fetch(href)).text()).includes('- [x] water it'), '/Flow_test/source?raw')
  })
  await step('versions are compared and an old one is restored', async () => {
    await page.goto(at('/Flow_test/history'))
    await page.getByRole('link', { name: 'What changed' }).first().click()
    contains(await page.locator('.diff .added').first().innerText(), 'water it')
    await accessible(page, 'comparison side by side')
    await page.getByRole('link', { name: 'Show in one column' }).click()
    await accessible(page, 'comparison in one column')
    await page.getByRole('button', { name: 'Restore the earlier version' }).click()
    await page.waitForURL(at('/Flow_test'))
    assert.ok(!await page.locator('.task-list-item input').isChecked())
  })
  await step('lines are blamed', async () => {
    await page.goto(at('/Flow_test/blame'))
    contains(await page.locator('.blame').innerText(), given.person)
  })
  await accessible(page, 'blame')
  await step('a file is renamed with the links to it', async () => {
    await page.goto(at('/Flow_test/attachments'))
    await page.getByRole('link', { name: 'History and changes' }).first().click()
    await page.getByLabel('New name').fill('rain.png')
    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('heading', { name: 'rain.png' }).waitFor()
    await page.goto(at('/Flow_test'))
    assert.ok(await page.locator('article img[src="/Flow_test/rain.png"]').count())
  })
  await page.goto(at('/Flow_test/attachments'))
  await accessible(page, 'files')
  await step('a page is renamed, and its old address leads on', async () => {
    await page.goto(at('/Flow_test/rename'))
    await accessible(page, 'rename')
    await page.getByLabel('New name').fill('Flows/Renamed test')
    await page.getByRole('button', { name: 'Rename' }).click()
    await page.waitForURL(at('/Flows/Renamed_test'))
    await page.goto(at('/Flow_test'))
    assert.equal(page.url(), at('/Flows/Renamed_test'), await page.locator('main').innerText())
  })
  for (const [name, path, shows] of [
    ['links of a page', '/-/links/Flows/Renamed_test', 'Pages it links to'],
    ['links to mend', '/-/links', 'nothing links to'],
    ['changes', '/-/changelog', 'Flows/Renamed test'],
    ['tags', '/-/tags', 'Tags'],
    ['categories', '/-/categories', 'Categories'],
    ['search index', '/-/search/status', 'Words'],
  ]) {
    await step(name, async () => {
      await page.goto(at(path))
      contains(await page.locator('main').innerText(), shows)
    })
    await accessible(page, name)
  }
  await step('a change is shown with what it changed', async () => {
    await page.goto(at('/-/changelog'))
    await page.locator('.version-link').first().click()
    contains(await page.locator('main').innerText(), 'Renamed')
  })
  await accessible(page, 'a change')
  await step('a page is deleted after a question', async () => {
    await page.goto(at('/Flows/Renamed_test/delete'))
    await accessible(page, 'delete')
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.waitForURL(at('/-/changelog'))
    assert.equal((await page.goto(at('/Flows/Renamed_test'))).status(), 404)
  })
  await step('feeds and sitemap are well-formed', async () => {
    for (const path of ['/-/feed.atom', '/-/feed.rss', '/sitemap.xml']) {
      const error = await page.evaluate(async (href) => {
        const xml = await (await fetch(href)).text()
        return new DOMParser().parseFromString(xml, 'application/xml').querySelector('parsererror')?.textContent ?? ''
      }, path)
      assert.equal(error, '', path)
    }
  })
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
    await page.locator('#q').fill(given.search.query)
    await page.locator('#q').press('Enter')
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
    await write(page, given.contested.mine)
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
  await flows(page)
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
