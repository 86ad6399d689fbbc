// The content of the wiki that pages are looked at with: something of everything, as people and agents write it.
import { deflateSync } from 'node:zlib'

/** Talks to the REST API of a wiki as the bearer of a token. */
export function client(wiki, token) {
  const call = async (method, path, body) => {
    const answer = await fetch(`${wiki}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return JSON.parse(text)
  }
  const at = (page) => '/pages/' + page.split('/').map(encodeURIComponent).join('/')
  return {
    call,
    at,
    read: (page) => call('GET', at(page)),
    write: async (page, content, message) => {
      const old = await call('GET', at(page)).catch(() => undefined)
      return call('PUT', at(page), { content, commit_message: message, revision: old?.revision })
    },
    attach: (page, filename, bytes) =>
      call('POST', at(page) + '/attachments', { filename, content: Buffer.from(bytes).toString('base64') }),
  }
}

/** A picture: a sky over hills, as a PNG. */
export function picture(width, height, hue) {
  const rows = Buffer.alloc(height * (1 + width * 3))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const hill = height * (0.62 + 0.16 * Math.sin(x / width * 7 + hue) + 0.05 * Math.sin(x / 17))
      const light = y / height
      const [r, g, b] = y > hill ? [40 + 50 * light, 90 + 70 * light, 60 + 20 * hue] : [120 + 110 * light, 170 + 60 * light, 235 - 30 * hue]
      rows.set([r, g, b].map((v) => Math.min(255, v)), y * (1 + width * 3) + 1 + x * 3)
    }
  }
  const table = Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1
    return n >>> 0
  })
  const crc = (bytes) => (bytes.reduce((c, b) => table[(c ^ b) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data])
    const out = Buffer.alloc(8)
    out.writeUInt32BE(data.length, 0)
    out.writeUInt32BE(crc(body), 4)
    return Buffer.concat([out.subarray(0, 4), body, out.subarray(4)])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const magic = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([magic, chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

const everything = `---
title: Handbook of the weather station
tags: [station, hardware, handbook]
category: Manuals
owner: Ada Lovelace
firmware: 2.4.1
reviewed: 2026-10-14
sensors: [temperature, humidity, pressure]
---

# Handbook of the weather station

The station stands on the roof of the old observatory and reports every *ten minutes*. This page says how it is built,
how it is **kept alive**, and what to do when it ~~sleeps~~ stops. It is ==read before every visit==; the longer story is
in [[its history|Station/Past]], and [[Station/Spare parts]] is a page that nobody has written yet.

![The roof in the morning, seen from the north](./roof.png "The roof, October 2026")

## What it measures

| Sensor | Quantity | Range | Accuracy | Interval | Address | Last calibrated | Remarks |
|:-------|:--------:|------:|---------:|---------:|:--------|:----------------|:--------|
| SHT45 | temperature | −40 to 125 °C | ±0.1 °C | 10 min | \`0x44\` | 2026-09-02 | behind the radiation shield |
| SHT45 | relative humidity | 0 to 100 % | ±1 % | 10 min | \`0x44\` | 2026-09-02 | drifts when it is wet for days |
| BMP390 | air pressure | 300 to 1250 hPa | ±0.5 hPa | 10 min | \`0x76\` | 2026-09-02 | |
| Davis 6410 | wind speed and direction | 1 to 322 km/h | ±3 km/h | 10 s | pulse | 2025-04-18 | bearings renewed in spring |

> [!NOTE]
> Everything is in UTC. The display in the hall adds the time zone.

> [!WARNING]
> The mast is live when the heater runs: **switch it off** before you climb.

> [!TIP]
> \`station --once\` prints one reading and ends.

## Every visit

- [x] look at the battery: it should have more than 12.4 V
- [ ] clean the rain gauge, and count the tips of one litre
- [ ] photograph the sky in all four directions
  1. north
  2. east, where the new building stands
     - its shadow reaches the sensor in winter
  3. south and west
- [ ] write down who was there in [[Station/Visits]]

### A reading, byte by byte

\`\`\`rust
/// Pressure in pascal, from the raw value (data sheet, section 8.5).
fn pressure(raw: u32, calibration: &Calibration) -> Result<f64, SensorError> {
    let partial = calibration.t_fine / 2.0 - 64_000.0;
    if raw == 0 {
        return Err(SensorError::Silent { address: 0x76 }); // nobody answered
    }
    Ok(partial.mul_add(f64::from(raw), 100.0))
}
\`\`\`

\`\`\`python
def mean(readings: list[float]) -> float:
    """The average, without the readings that were marked as bad."""
    good = [value for value in readings if value is not None]
    return sum(good) / len(good) if good else float("nan")
\`\`\`

\`\`\`
$ station --once
2026-11-20T06:10:00Z  temperature=3.4  humidity=91  pressure=1013.2  wind=12.6/240  battery=12.71  uptime=1843221
\`\`\`

The relation between height and pressure is $p(h) = p_0 \\, e^{-h/H}$, with the scale height

$$
H = \\frac{R\\,T}{M\\,g} \\approx 8.4\\ \\mathrm{km}, \\qquad \\sum_{i=1}^{n} \\frac{1}{i^2} \\to \\frac{\\pi^2}{6}
$$

## Terms

Dew point
: The temperature at which the air would be saturated.[^dew]

QNH
: Pressure reduced to sea level, as pilots use it.
: Not to be confused with QFE.

*[QNH]: pressure at nautical height

::: info
# Why the mast is so high
Wind near the roof is turbulent up to about twice the height of the building.
:::

::: warning
Do not open the logger in the rain.
:::

>! The key is under the third stone.

<details><summary>The wiring</summary>

| Pin | Colour |
|-----|--------|
| 1   | red    |
| 2   | black  |

</details>

\`\`\`mermaid
graph LR
  Sensors --> Logger --> Server
  Server --> Display
  Server --> Archive
\`\`\`

{{InfoBox
|title=Weather station
|Built=2019
|Height=14 m
|Power=solar
}}

{{Figure
|src=./mast.png
|caption=The mast, before it was raised
}}

{{AttachmentList}}

{{DataTable
| Month | Rain |
|---|---|
| September | 61 mm |
| October | 88 mm |
}}

## When it stops

Averylongwordthatdoesnotbreakanywhereandgoesonandonuntilithasleftthecolumnofanyphonethatsomebodymighthold is no reason
to scroll sideways, and neither is https://station.example.org/archive/2026/11/20/readings.json?from=00:00&to=23:59&fields=all.

### First the battery

Press <kbd>Reset</kbd> for H~2~O… three seconds; the light blinks 2^3^ times.

#### Then the network

##### And then the people

[^dew]: Found by cooling a mirror until it fogs.

    A second paragraph of the note, with \`code\`.
`

/** Fills the wiki; returns what the pages to look at need. */
export async function furnish(wiki, token) {
  const wikis = client(wiki, token)
  const station = 'Station/Handbook'
  await wikis.write(station, '# Handbook of the weather station\n\nTo be written.\n', 'Begin the handbook')
  const first = (await wikis.read(station)).revision
  await wikis.write(station, everything.replace('old observatory', 'observatory').replace('| pulse | 2025-04-18 |', '| pulse | 2024-05-02 |'), 'Sensors, visits and what to do when it stops')
  await wikis.write(station, everything, 'The bearings were renewed, and the observatory is old')
  await wikis.attach(station, 'roof.png', picture(1200, 500, 0.2))
  await wikis.attach(station, 'mast.png', picture(500, 700, 0.9))
  await wikis.attach(station, 'readings of november.csv', 'time,temperature\n2026-11-20T06:10:00Z,3.4\n')
  await wikis.attach(station, 'wiring.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><path d="M5 20h70" stroke="red"/></svg>')
  await wikis.attach(station, 'manual.pdf', '%PDF-1.4\n%%EOF\n')
  await wikis.write('Station/Past', '# The past of the station\n\nBuilt in 2019; see [[Station/Handbook]].\n\nThe weather station was moved once.\n')
  await wikis.write('Station/Visits', '# Visits\n\n- 2026-11-02 Ada, Grace\n- 2026-11-16 Barbara\n\nBack to the [[Station/Handbook|handbook]].\n')
  const topics = ['Observations', 'Projects', 'People', 'Instruments']
  for (const topic of topics) {
    const changes = Array.from({ length: 16 }, (_, n) => {
      const name = `${topic}/${['Clouds', 'Rain gauge', 'Solar panel', 'Night sky', 'Archive of measurements', 'Calibration', 'Mast', 'Logger'][n % 8]} ${n + 1}`
      const tags = ['station', ['sky', 'rain', 'sun'][n % 3]]
      const text = `---\ntags: [${tags}]\ncategory: ${topic}\n---\n\n# ${name.split('/')[1]}\n\nWhat we know about ${name.split('/')[1].toLowerCase()}. See [[Station/Handbook]]${n % 5 ? '' : ' and [[Missing page]]'}.\n\n## Notes\n\nThe pressure fell before the rain came.\n`
      return { op: 'put', path: name.replaceAll(' ', '_'), content: text }
    })
    await wikis.call('POST', '/commit', { message: `Import the notes on ${topic.toLowerCase()}`, changes })
  }
  await wikis.write('Observations/A name that is long enough to need two lines on a telephone & has <angle> "quotes"', 'Short text without a heading.\n')
  await wikis.write('Drafts/Old idea', '# Old idea\n\nNot a good one.\n')
  await wikis.call('POST', wikis.at('Drafts/Old_idea') + '/rename', { new_path: 'Drafts/Older_idea' })
  await wikis.call('DELETE', wikis.at('Drafts/Older_idea'), {})
  const { revision } = await wikis.read(station)
  return { first, revision, client: wikis }
}
