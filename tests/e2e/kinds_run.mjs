// Looks at every kind of page with axe-core, on a wide screen in light colours and on a narrow one in dark; with a camera
// as well, and in all four combinations, if a directory is given.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { furnish } from './demo.mjs'
import { kinds } from './kinds.mjs'
import { assert, done, input, step } from './tap.mjs'

const given = input()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const SCREENS = given.out
  ? [{ width: 1280, schemes: ['light', 'dark'] }, { width: 390, schemes: ['light', 'dark'] }]
  : [{ width: 1280, schemes: ['light'] }, { width: 390, schemes: ['dark'] }]
/** No picture is higher: what follows looks like what came. */
const HIGHEST = 6000

/** What axe-core calls a violation, with the elements it means. */
async function violations(page) {
  await page.evaluate(axe)
  // Style sheets are not collected: for that axe puts a <style> into the page, which its policy forbids.
  const found = await page.evaluate(async () => (await globalThis.axe.run(document, { preload: false })).violations)
  return found.map((v) => `${v.id} (${v.impact}): ${v.help}\n` + v.nodes.slice(0, 5).map((n) => `    ${n.html}\n    ${n.failureSummary}`).join('\n'))
}

async function signIn(context, link, demo) {
  const page = await context.newPage()
  await page.goto(link)
  await page.getByRole('button', { name: /Sign in as/ }).click()
  await page.waitForURL(demo.root + '/')
  for (const wiki of [demo.wiki, demo.secret]) await page.goto(wiki + '/-/sign-in?return=%2F-%2Fapi')
  await page.close()
  return context.storageState()
}

async function open(page, kind, demo) {
  if (kind.run) return kind.run(page, demo)
  await page.goto(typeof kind.at === 'string' ? demo.wiki + kind.at : kind.at(demo))
}

const browser = await chromium.launch({
  executablePath: given.chromium,
  // Chromium's sandbox needs rights that a container's root may not have; it only ever sees our own pages.
  args: ['--no-sandbox', '--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND'],
})
try {
  const shown = new Set(kinds.map((kind) => kind.template))
  const templates = readdirSync('../../web/templates').filter((name) => readFileSync(`../../web/templates/${name}`, 'utf8').includes('{% extends "'))
    .filter((name) => name !== 'settings.html')
  await step('every template is shown by a row of kinds.mjs', () => assert.deepEqual(templates.filter((name) => !shown.has(name)), []))

  const demo = { ...given, ...await step('the wiki is furnished', () => furnish(given.wiki, given.token)) }
  const states = { nobody: undefined }
  states.owner = await signIn(await browser.newContext(), given.ownerLink, demo)
  states.other = await signIn(await browser.newContext(), given.otherLink, demo)
  states.plain = states.owner
  const pictures = []
  const wrong = []
  for (const { width, schemes } of SCREENS) {
    const pages = {}
    for (const [as, storageState] of Object.entries(states)) {
      const context = await browser.newContext({ storageState, javaScriptEnabled: as !== 'plain', viewport: { width, height: width > 800 ? 800 : 844 } })
      context.setDefaultTimeout(30_000)
      pages[as] = await context.newPage()
      pages[as].on('dialog', (dialog) => dialog.accept().catch(() => {}))
    }
    for (const kind of kinds) {
      if (kind.once && width !== SCREENS[0].width) continue
      const page = pages[kind.as]
      await step(`${kind.name} at ${width}`, async () => {
        await page.emulateMedia({ colorScheme: schemes[0] })
        await open(page, kind, demo)
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme })
          // What fades is looked at when it has.
          await page.waitForTimeout(given.out ? 250 : 120)
          if (kind.as !== 'plain') {
            for (const text of await violations(page)) wrong.push(`${kind.name} at ${width}, ${colorScheme}: ${text}`)
          }
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth).catch(() => 0)
          if (wide > 0) wrong.push(`${kind.name} at ${width}: ${wide} pixels too wide`)
          if (given.out) {
            const name = `${kind.name.replaceAll(/[^a-z]+/gi, '-').toLowerCase()}-${width}-${colorScheme}.png`
            mkdirSync(given.out, { recursive: true })
            const height = await page.evaluate(() => document.documentElement.scrollHeight).catch(() => 800)
            await page.screenshot({ path: join(given.out, name), fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(HIGHEST, Math.max(height, 600)) } })
            pictures.push({ kind: kind.name, width, colorScheme, name })
          }
        }
      })
    }
    for (const page of Object.values(pages)) await page.context().close()
  }
  if (given.out) {
    const rows = kinds.map(({ name }) => `<h2>${name}</h2><p>` + pictures.filter((p) => p.kind === name).map((p) => `<a href="${p.name}"><img src="${p.name}" alt="${p.width} ${p.colorScheme}" loading="lazy" height="360"></a>`).join(' ') + '</p>')
    writeFileSync(join(given.out, 'index.html'), `<!doctype html><meta charset="utf-8"><title>Pages</title><body style="font:16px sans-serif;background:#888">${rows.join('\n')}`)
    console.log(`# ${pictures.length} pictures: ${join(given.out, 'index.html')}`)
  }
  await step('axe finds nothing, and nothing is too wide', () => assert.equal(wrong.length, 0, `${wrong.length}:\n${wrong.join('\n')}`))
  done()
} finally {
  await browser.close()
}
