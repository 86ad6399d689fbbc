// Files of a page, export and import as an owner meets them, with scripts and without; axe-core on each page.
//
// Standard input: { chromium, root, wiki, signInLink, pictures, vault, site, screenshots }
//   pictures     two paths of pictures
//   vault        the path of a zipped Obsidian vault: Start here.md with files/otter.png, Notes/Second note.md
//   site         where to unpack the exported website
//   screenshots  a directory for pictures of the pages, or null
import { createRequire } from 'node:module'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { assert, contains, done, input, step } from './tap.mjs'

const given = input()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const at = (path) => given.wiki + path

async function accessible(page, name) {
  await step(`axe: ${name}`, async () => {
    await page.evaluate(axe)
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { preload: false }))
    const found = violations.map((v) => `${v.id}: ${v.help}\n` + v.nodes.map((n) => `    ${n.html}\n    ${n.failureSummary}`).join('\n'))
    assert.equal(found.length, 0, found.join('\n'))
  })
  if (!given.screenshots) return
  mkdirSync(given.screenshots, { recursive: true })
  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      await page.screenshot({ path: `${given.screenshots}/${name.replaceAll(' ', '-')}-${width}-${colorScheme}.png`, fullPage: true })
    }
  }
  await page.emulateMedia({ colorScheme: null })
  await page.setViewportSize({ width: 1280, height: 800 })
}

/** Waits for what the page looks again for by itself. */
async function heading(page, text) {
  await page.getByRole('heading', { level: 1, name: text }).waitFor({ timeout: 30_000 })
}

const browser = await chromium.launch({
  executablePath: given.chromium,
  // As in browser.mjs.
  args: ['--no-sandbox', '--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND'],
})
try {
  const context = await browser.newContext()
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const complaints = []
  page.on('pageerror', (error) => complaints.push(`script: ${error}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(`${page.url()}: ${message.text()}`)
  })
  await step('the owner signs in', async () => {
    await page.goto(given.signInLink)
    await page.getByRole('button', { name: /Sign in/ }).click()
    await page.goto(at('/-/sign-in?return=%2F'))
    await page.waitForURL(at('/'))
  })

  await step('two pictures are uploaded as one commit', async () => {
    await page.goto(at('/Home/attachments'))
    await page.getByLabel('Add files').setInputFiles(given.pictures)
    await page.getByLabel(/Summary/).fill('Two pictures')
    await page.getByRole('button', { name: 'Upload' }).click()
    await page.getByRole('link', { name: 'two.png', exact: true }).waitFor()
    contains(await page.locator('.file-list').innerText(), 'Two pictures')
    await page.locator('.file-thumb img').first().evaluate((img) => img.decode())
    assert.ok(await page.locator('.file-thumb img').first().evaluate((img) => img.naturalWidth <= 128))
    assert.equal(await page.locator('.file-tools button').count(), 2, 'the Markdown can be copied')
  })
  await accessible(page, 'files')

  // The rest of the forms without scripts: they need none.
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
  const bare = await plain.newPage()
  await step('a file is replaced, and its former version comes back, without scripts', async () => {
    await bare.goto(at('/Home/attachments'))
    await bare.getByRole('link', { name: /History and changes of one.png/ }).click()
    await bare.getByLabel('New version').setInputFiles(given.pictures[1])
    await bare.getByLabel(/Summary/).fill('A better one')
    await bare.getByRole('button', { name: 'Replace' }).click()
    await bare.getByText('A better one').waitFor()
    assert.equal(await bare.locator('.file-row').count(), 2)
    await bare.getByRole('button', { name: /Restore/ }).click()
    assert.equal(await bare.locator('.file-row').count(), 3)
    contains(await bare.locator('.file-row').first().innerText(), 'Restore one.png')
  })
  await page.goto(bare.url())
  await accessible(page, 'file')
  await step('a file is renamed and deleted', async () => {
    await bare.getByLabel('New name').fill('first.png')
    await bare.getByRole('button', { name: 'Rename' }).click()
    await bare.getByRole('heading', { name: 'first.png' }).waitFor()
    contains(await bare.locator('.file-list').innerText(), 'Home/one.png')
    await bare.getByRole('button', { name: 'Delete first.png' }).click()
    await bare.waitForURL(at('/Home/attachments'))
    assert.equal(await bare.locator('.file-row').count(), 1)
    await bare.goto(at('/Home/attachments?file=first.png'))
    await bare.getByText('This file was deleted').waitFor()
  })
  await step('the page lists its files with small pictures', async () => {
    await page.goto(at('/Home'))
    await page.locator('.attachments img').first().scrollIntoViewIfNeeded()
    await page.locator('.attachments img').first().evaluate((img) => img.decode())
  })

  await step('a vault is looked at, then imported, without scripts', async () => {
    await bare.goto(at('/-/export'))
    await bare.getByRole('link', { name: 'import pages' }).click()
    await bare.getByLabel('Zip file').setInputFiles(given.vault)
    await bare.getByRole('button', { name: 'Look at it' }).click()
    await heading(bare, 'What would happen')
    const report = await bare.locator('main').innerText()
    contains(report, 'an Obsidian vault')
    contains(report, 'Its path leads upwards')
    contains(report, 'Nowhere')
    const missing = await bare.request.get(at('/Start_here'))
    assert.equal(missing.status(), 404, 'nothing has changed yet')
  })
  await page.goto(at('/-/settings/import'))
  await accessible(page, 'import')
  await page.goto(bare.url())
  await accessible(page, 'import report')
  await step('it is imported', async () => {
    await bare.getByRole('button', { name: 'Import now' }).click()
    await heading(bare, 'Imported')
    await bare.getByRole('link', { name: 'See the commit' }).click()
    await page.goto(at('/Start_here'))
    await page.locator('article img').evaluate((img) => img.decode())
    await page.getByRole('link', { name: 'the next' }).click()
    await page.waitForURL(at('/Notes/Second_note'))
  })

  await step('the website opens from files, without a server', async () => {
    await page.goto(at('/-/export'))
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'docs-site.zip' }).click()])
    mkdirSync(given.site, { recursive: true })
    const zip = `${given.site}.zip`
    await download.saveAs(zip)
    execFileSync('python3', ['-m', 'zipfile', '-e', zip, given.site])
    const local = await browser.newPage()
    await local.goto(pathToFileURL(`${given.site}/index.html`).href)
    await local.getByRole('link', { name: 'All pages' }).click()
    await local.getByRole('link', { name: 'Start here' }).click()
    await local.locator('article img').evaluate((img) => img.decode())
    await local.getByRole('link', { name: 'the next' }).click()
    await local.getByRole('link', { name: 'Start here' }).waitFor()
    await accessible(local, 'website')
    await local.close()
  })
  await page.goto(at('/-/export'))
  await accessible(page, 'export')
  await step('nothing was complained about', () => assert.deepEqual(complaints, []))
  done()
} finally {
  await browser.close()
}
