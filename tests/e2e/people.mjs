// What scripts with a browser share: people who sign in, write, and look for what is wrong.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { assert, step } from './tap.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** A browser that only ever sees this machine. */
export const launch = (executablePath) => chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND'],
})

/** A window of a browser of its own, with the cookies of another one if given: the same person on another device. */
export async function device(browser, { like, ...options } = {}) {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(20_000)
  if (like) await context.addCookies(await like.cookies())
  return context
}

/** Fails on anything that axe-core calls a violation. */
export async function accessible(page, name) {
  await step(`axe: ${name}`, async () => {
    await page.evaluate(axe)
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { preload: false }))
    const found = violations.map((v) => `${v.id} (${v.impact}): ${v.help}\n` + v.nodes.map((n) => `    ${n.html}\n    ${n.failureSummary}`).join('\n'))
    assert.equal(found.length, 0, found.join('\n'))
  })
}

/** Signs in with a one-time link, and takes the session to the wiki. */
export async function signIn(page, given, link, at = '/-/index') {
  await page.goto(link)
  await page.getByRole('button', { name: /^Sign in as/ }).click()
  await page.waitForURL(given.root + '/')
  await page.goto(given.wiki + '/-/sign-in?return=' + encodeURIComponent(at))
  await page.waitForURL(given.wiki + at)
}

/** Replaces the text in the form: in the rich editor if there is one, else in the textarea. */
export async function write(page, content) {
  const rich = page.locator('.rich-editor .cm-content')
  if (await rich.count() === 0) return page.locator('textarea[name=content]').fill(content)
  await rich.click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(content)
}

/** What the form holds. */
export const typed = (page) => page.locator('textarea[name=content]').inputValue()

export const save = (page) => page.getByRole('button', { name: 'Save', exact: true }).click()

const call = (given, path, options = {}) => fetch(`${given.wiki}/api/v1/pages/${path}`, {
  ...options,
  headers: { Authorization: `Bearer ${given.token}`, 'Content-Type': 'application/json' },
})

/** A page's file as it is, read as a program does; nothing when there is none. */
export async function source(given, path) {
  const answer = await call(given, path)
  return answer.ok ? (await answer.json()).content : ''
}

/** Puts a page there as a program does, over whatever it is. */
export async function put(given, path, content) {
  const there = await call(given, path)
  const revision = there.ok ? (await there.json()).revision : undefined
  const answer = await call(given, path, { method: 'PUT', body: JSON.stringify({ content, revision }) })
  assert.ok(answer.ok, await answer.text())
}

/** A picture of the page, when somebody wants to look at it. */
export async function picture(page, given, name) {
  if (given.pictures) await page.screenshot({ path: `${given.pictures}/${name}.png`, fullPage: true })
}
