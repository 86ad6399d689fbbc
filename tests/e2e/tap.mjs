// Numbered `ok` lines on standard output; the first failure ends the program with status 1.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

let count = 0

/** Runs one step and prints its line. Returns what the step returns. */
export async function step(name, run) {
  try {
    const result = await run()
    console.log(`ok ${++count} - ${name}`)
    return result
  } catch (error) {
    console.log(`not ok ${++count} - ${name}`)
    console.error(error?.stack ?? error)
    process.exitCode = 1
    throw error
  }
}

/** Prints the plan and ends; call it when everything has passed. */
export function done() {
  console.log(`1..${count}`)
}

/** What the Rust test hands over, as JSON on standard input. */
export function input() {
  return JSON.parse(readFileSync(0, 'utf8'))
}

export function contains(text, part) {
  assert.ok(text.includes(part), `${JSON.stringify(part)} is not in:\n${text.slice(0, 2000)}`)
}

export { assert }
