// An owner with a real browser goes through the settings of a wiki, with scripts or without: fields, people, tokens,
// redirects, a style sheet, what there is to tidy up, and at last the end of the wiki.
//
// Standard input: { chromium, root, wiki, slug, signInLink, person, other, scripts, shots }
//   other     the name of an account that is nothing on the wiki
//   scripts   whether the browser runs scripts
//   shots     a directory for pictures of every page; none when empty
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { assert, contains, done, input, step } from './tap.mjs'

const given = input()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const pages = ['general', 'reading', 'writing', 'appearance', 'redirects', 'people', 'tokens', 'housekeeping', 'danger']
const settings = (page) => `${given.wiki}/-/settings/${page}`

/** Fails on anything that axe-core calls a violation. It needs scripts. */
async function accessible(page, name) {
  if (!given.scripts) return
  await step(`axe: ${name}`, async () => {
    await page.evaluate(axe)
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { preload: false }))
    const found = violations.map((v) => `${v.id} (${v.impact}): ${v.help}\n` + v.nodes.map((n) => `    ${n.html}\n    ${n.failureSummary}`).join('\n'))
    assert.equal(found.length, 0, found.join('\n'))
  })
}

/** Presses a button, and waits for what the page then says. */
async function press(page, name, says) {
  await page.getByRole('button', { name, exact: true }).click()
  await page.getByText(says).first().waitFor()
}

const browser = await chromium.launch({
  executablePath: given.chromium,
  args: ['--no-sandbox', '--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND'],
})
try {
  const context = await browser.newContext({ javaScriptEnabled: given.scripts })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const heard = []
  page.on('pageerror', (error) => heard.push(`script: ${error}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) heard.push(message.text())
  })
  await step('the owner signs in and finds the settings in the menu', async () => {
    await page.goto(given.signInLink)
    await page.getByRole('button', { name: `Sign in as ${given.person}` }).click()
    await page.goto(given.wiki + '/-/sign-in?return=%2F')
    await page.waitForURL(given.wiki + '/')
    await page.locator('details.menu summary').click()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.waitForURL(settings('general'))
  })
  await step('every page of the settings is there', async () => {
    for (const name of pages) {
      assert.equal((await page.goto(settings(name))).status(), 200, name)
      assert.equal(await page.locator('.settings-nav [aria-current="page"]').count(), 1, name)
      if (given.scripts) await accessible(page, `settings, ${name}`)
    }
  })

  await step('name, description and first page are changed', async () => {
    await page.goto(settings('general'))
    await page.getByLabel('Name', { exact: true }).fill('Boats')
    await page.getByLabel('Description').fill('All about boats.')
    await page.getByLabel('First page').fill('Getting Started')
    await press(page, 'Save', 'Saved.')
    await page.goto(given.wiki + '/')
    contains(await page.title(), 'Boats')
    contains(await page.locator('h1').first().innerText(), 'Getting')
  })
  await step('a private wiki is opened only after a warning', async () => {
    await page.goto(settings('general'))
    await page.getByLabel('Everybody').check()
    await press(page, 'Save', 'What was read once cannot be taken back')
    assert.equal(await page.getByLabel('Description').inputValue(), 'All about boats.')
    await accessible(page, 'a form that was refused')
    await page.getByLabel('Let everybody read this wiki').check()
    await press(page, 'Save', 'Saved.')
    const nobody = await browser.newContext()
    assert.equal((await (await nobody.newPage()).goto(given.wiki + '/')).status(), 200)
    await nobody.close()
  })
  await step('a menu with a mistake comes back as it was typed', async () => {
    await page.goto(settings('reading'))
    await page.getByLabel('Menu of your own').fill('Start | Home\nBad | javascript:alert(1)')
    await press(page, 'Save', 'line 2')
    contains(await page.getByLabel('Menu of your own').inputValue(), 'Bad | javascript:alert(1)')
    await page.getByLabel('Menu of your own').fill('Start | Home\n---\nElsewhere | https://example.org/')
    await press(page, 'Save', 'Saved.')
  })
  await step('links are read in the other order', async () => {
    await page.goto(settings('reading'))
    await page.getByLabel('[[Page|Text]]').check()
    await press(page, 'Save', 'Saved.')
    for (let tries = 0; ; tries++) {
      await page.goto(given.wiki + '/Reader')
      const link = page.locator('article a', { hasText: 'Ships' })
      const href = (await link.count()) === 0 ? 'not yet' : await link.getAttribute('href')
      if (href === '/Boats') break
      assert.ok(tries < 100, href)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })
  await step('a summary must be given, and the text is kept', async () => {
    await page.goto(settings('writing'))
    await page.getByLabel('Must be given').check()
    await press(page, 'Save', 'Saved.')
    await page.goto(given.wiki + '/New_page/edit')
    assert.equal(await page.locator('#message').getAttribute('required'), '')
    await page.goto(settings('writing'))
    await page.getByLabel('Is not asked for').check()
    await page.getByLabel('When nothing was typed').fill('%P, by hand')
    await press(page, 'Save', 'Saved.')
    await page.goto(given.wiki + '/New_page/edit')
    assert.equal(await page.locator('#message').count(), 0)
  })
  await step('a style sheet reaches the text and nothing else', async () => {
    await page.goto(settings('appearance'))
    const area = page.getByLabel('Style sheet for the text of pages')
    await area.fill('h2 { color: red }\nh3 { background: url(https://example.org/x.png) }')
    await press(page, 'Save', 'url() is not allowed')
    contains(await area.inputValue(), 'url(https://example.org/x.png)')
    await area.fill('.prose { position: absolute; inset: -50px; z-index: 900 }\n* { color: rgb(1, 2, 3) }')
    await press(page, 'Save', 'Saved.')
    await page.goto(given.wiki + '/Reader')
    if (given.scripts) {
      const colour = (selector) => page.locator(selector).first().evaluate((element) => getComputedStyle(element).color)
      assert.equal(await colour('article p'), 'rgb(1, 2, 3)')
      assert.notEqual(await colour('header.top a'), 'rgb(1, 2, 3)')
      assert.equal(await page.locator('article').evaluate((element) => getComputedStyle(element).contain), 'paint')
    }
    await page.goto(settings('appearance'))
    await area.fill('h2 { color: teal }')
    await press(page, 'Save', 'Saved.')
  })
  await step('an old address leads on', async () => {
    await page.goto(settings('redirects'))
    await page.getByLabel('Addresses that lead elsewhere').fill('Old place -> Reader')
    await press(page, 'Save', 'Saved.')
    await page.goto(given.wiki + '/old_place')
    assert.equal(page.url(), given.wiki + '/Reader')
  })
  await step('somebody is let in, made something else, and shown out', async () => {
    await page.goto(settings('people'))
    await page.getByLabel('Name of the account').fill('Nobody at all')
    await press(page, 'Add', 'There is no account')
    assert.equal(await page.getByLabel('Name of the account').inputValue(), 'Nobody at all')
    await page.getByLabel('Name of the account').fill(given.other)
    await page.getByLabel('Viewer').check()
    await press(page, 'Add', 'Saved.')
    await accessible(page, 'people')
    await page.getByLabel(`What ${given.other} is`).selectOption('editor')
    await press(page, `Change ${given.other}`, 'Saved.')
    assert.equal(await page.getByLabel(`What ${given.other} is`).inputValue(), 'editor')
    await press(page, `Remove ${given.other}`, 'Saved.')
    assert.equal(await page.getByLabel(`What ${given.other} is`).count(), 0)
  })
  await step('a token is shown once, works, and is revoked', async () => {
    await page.goto(settings('tokens'))
    await page.getByLabel('Name', { exact: true }).fill('Robot')
    await page.getByLabel('Read and write').check()
    await page.getByLabel('Days until it ends').fill('30')
    await press(page, 'Make a token', 'Your new token')
    const secret = await page.locator('.new-token code').first().innerText()
    assert.match(secret, /^rw_[\w-]{43}$/)
    await accessible(page, 'a new token')
    const ask = () => context.request.get(given.wiki + '/api/v1/pages/Reader', { headers: { authorization: `Bearer ${secret}` } })
    assert.equal((await ask()).status(), 200)
    await page.goto(settings('tokens'))
    assert.ok(!(await page.content()).includes(secret))
    await press(page, 'Revoke Robot', 'Revoked.')
    assert.equal((await ask()).status(), 401)
  })
  await step('empty pages are cleared away', async () => {
    await page.goto(settings('housekeeping'))
    await page.getByLabel('Nothing here').check()
    await press(page, 'Delete the ticked pages', 'One page was deleted.')
    assert.equal((await page.goto(given.wiki + '/Nothing_here')).status(), 404)
  })
  await step('the browser had nothing to complain about', () => assert.deepEqual(heard, []))

  if (given.shots) {
    for (const [colorScheme, width] of [['light', 1280], ['dark', 390], ['dark', 1280], ['light', 390]]) {
      const look = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, storageState: await context.storageState() })
      const shown = await look.newPage()
      for (const name of pages) {
        await shown.goto(settings(name))
        await step(`${name} fits ${width} pixels`, async () => {
          const wide = await shown.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          assert.ok(wide <= 0, `${wide} pixels too wide`)
        })
        await shown.screenshot({ path: `${given.shots}/${name}-${width}-${colorScheme}.png`, fullPage: true })
      }
      await look.close()
    }
  }
  await step('the wiki ends when its name is typed', async () => {
    await page.goto(settings('danger'))
    await page.getByRole('textbox').last().fill('not it')
    await press(page, 'Delete the wiki', 'Nothing was deleted.')
    await page.getByRole('textbox').last().fill(given.slug)
    await page.getByRole('button', { name: 'Delete the wiki' }).click()
    await page.waitForURL(given.root + '/')
  })
  done()
} finally {
  await browser.close()
}
