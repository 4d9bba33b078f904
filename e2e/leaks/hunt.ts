/** One hunt: a deployment of its own, the whole road, and then everything that can be read of it. */
import type { Browser } from '@playwright/test'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { plainRegistry } from '../../server/metrics/plain.ts'
import { promRegistry } from '../../server/metrics/prom.ts'
import type { Registry } from '../../server/metrics/registry.ts'
import { canReadMemory, memoryParts } from '../../server/testing/memory.ts'
import { type Stack, type StackProcess, startStack } from '../../server/testing/stack.ts'
import { Shop } from '../shop.ts'
import { readEverything, type Walked, walkApi } from './api-road.ts'
import { type Canary, linkOfNobody, makeCanary, mistyped } from './canary.ts'
import { type CodeCounts, countCodes, type Draw, drawCodes, useCodes } from './codes.ts'
import {
  clusterFolders,
  flushAll,
  holdOpen,
  metricsOf,
  plantCodes,
  plantInDatabases,
  plantRequests,
} from './deployment.ts'
import { Evidence, type PlaceReport } from './evidence.ts'
import { serveFrameThatTakes } from './canary-frame.ts'
import { askForLink, type HuntedLink, payByLink } from './link-road.ts'
import { follow, hearEverything, lookAt, places, plantIn } from './page-evidence.ts'
import { bytesOf, oneOfEach, type Plant, plantsOf, textsOf } from './plants.ts'
import { searchFor } from './search.ts'

export interface Hunt {
  canary: Canary
  /** What stood in the code's field when the form was submitted. */
  typedCode: string
  walked: Walked
  /** `POST http://…/path` of every request that the browser sent. */
  requested: readonly string[]
  urls: Stack['urls']
  report(place: string): PlaceReport
  places: readonly PlaceReport[]
  plants: readonly Plant[]
  /** Processes whose memory this machine does not let a test read. */
  unreadable: readonly string[]
  /** Roles that have metrics. */
  metrics: readonly string[]
  codes: Codes
}

/** How often real codes stand in the files, as they are and with a table of them in clear beside. */
export interface Codes {
  draw: Draw
  before: CodeCounts
  after: CodeCounts
  planted: CodeCounts
  /** With a log of requests beside, too. */
  logged: CodeCounts
}

export const memoryPlace = (name: string): string => `memory of ${name}`
/** Those that never have a card in them; frame, intake, egress and the processor do. */
export const withoutDigits = ['gateway', 'keeper', 'demo', 'keyd'] as const satisfies readonly StackProcess[]
const innerRoles = ['gateway', 'intake', 'egress', 'keyd', 'keeper'] as const

export const placesOnDisk = {
  logs: 'logs of all processes',
  processor: "the processor's state",
  home: 'the rest of the home',
  cluster: 'the rest of the database server',
} as const

/** @param captures how many cards with a real code of three digits go the road after the canary. */
export async function hunt(browser: Browser, captures: number): Promise<Hunt> {
  const draw = drawCodes(captures)
  const home = mkdtempSync(join(tmpdir(), 'sallyport-leaks-'))
  const stack = await startStack({
    home,
    env: { SALLYPORT_ANY_PAN: '1', SALLYPORT_CVC_CANARY: '1', SALLYPORT_PROCESSOR_TIMEOUT_MS: '2000' },
  })
  let stopped = false
  const stop = async (): Promise<void> => {
    if (!stopped) await stack.stop()
    stopped = true
  }
  let quiet = (): void => undefined
  try {
    const linked = await askForLink(stack)
    const canary = makeCanary(linked.link.url)
    const decoy = makeCanary(linkOfNobody(stack.urls.capture))
    const plants = plantsOf(decoy)
    const evidence = new Evidence(searchFor({ canary, decoy }))
    quiet = recordAnswers(evidence)
    const { requested, typedCode } = await walkBrowser(browser, stack, { canary, linked, evidence, plants })
    const walked = await walkApi(stack, canary)
    walked.captures.push(linked.id)
    const cluster = await clusterFolders(stack)
    const codes = await followCodes(stack, cluster, { draw, pan: canary.pan, decoy: decoy.pan })
    const { events } = await readEverything(stack, walked)
    for (const page of events) evidence.add(eventsPlace, page)
    await plantInApi(stack, evidence, plants)
    quiet()
    const metrics = await readMetrics(stack, evidence, plants)
    const unreadable = await readMemories(stack, evidence, plants)
    await plantInDatabases(
      stack,
      plants.map(({ bytes }) => bytes),
    )
    // A clean stop writes what is left, and logs end.
    await stop()
    readDisk(stack, evidence, { plants, cluster })
    return {
      canary,
      typedCode,
      walked,
      report: (place) => evidence.of(place),
      places: evidence.places,
      plants,
      unreadable,
      metrics,
      codes,
      requested,
      urls: stack.urls,
    }
  } finally {
    quiet()
    await stop()
    rmSync(home, { recursive: true, force: true })
  }
}

export const eventsPlace = 'events'
export const metricsPlace = 'metrics'
export const shownPlace = 'the element while it shows a link'

/** Whatever a server answers to this process: the agents' API and the capture origin. */
function recordAnswers(evidence: Evidence): () => void {
  const plain = globalThis.fetch
  globalThis.fetch = async (...request) => {
    const response = await plain(...request)
    evidence.addJson(places.answers, [...response.headers])
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      evidence.add(places.answers, Buffer.from(await response.clone().arrayBuffer()))
    }
    return response
  }
  return () => {
    globalThis.fetch = plain
  }
}

interface Walk {
  canary: Canary
  linked: HuntedLink
  evidence: Evidence
  plants: readonly Plant[]
}

/** Both typed by hand in the demo: the number mistyped first, then right, then charged, then refunded; then another, by link. */
async function walkBrowser(browser: Browser, stack: Stack, walk: Walk): Promise<Pick<Hunt, 'requested' | 'typedCode'>> {
  const { canary, linked, evidence, plants } = walk
  const context = await browser.newContext()
  try {
    await context.addInitScript(hearEverything)
    await serveFrameThatTakes(context, stack)
    const { requested, settled } = follow(context, evidence)
    const page = await context.newPage()
    const protocol = await context.newCDPSession(page)
    const look = () => lookAt(page, protocol, evidence)
    const shop = await new Shop(page, stack).open()
    await shop.toForm()
    await shop.field('cc-number').pressSequentially(mistyped(canary))
    await shop.field('cc-exp').click()
    await shop.hears(/number/)
    await look()
    await shop.field('cc-number').fill(canary.pan)
    await shop.field('cc-exp').fill('12/34')
    await shop.field('cc-csc').pressSequentially(canary.cvc)
    const typedCode = await shop.field('cc-csc').inputValue()
    await look()
    await shop.button(/^Pay/).click()
    await shop.hears('All set')
    await look()
    await shop.chooses('Refund my order')
    await shop.hears('goes back to the same card')
    evidence.addJson(eventsPlace, await shop.received())
    evidence.add(shownPlace, await payByLink(stack, page, linked, canary))
    await look()
    await plantIn(page, textsOf(plants), textsOf(oneOfEach(plants)))
    await look()
    await settled()
    return { requested: [...requested], typedCode }
  } finally {
    await context.close()
  }
}

/** The control for answers and events, by two roads that carry what a caller says: metadata, and a conversation's name. */
async function plantInApi(stack: Stack, evidence: Evidence, plants: readonly Plant[]): Promise<void> {
  const create = (body: object): Promise<Response> =>
    fetch(`${stack.direct.gateway}/v1/captures`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.tenant.secret_key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ purpose: 'save', mandate: { amount_max_minor: 1, currency: 'EUR' }, ...body }),
    })
  for (const text of textsOf(oneOfEach(plants))) {
    if (!/^[A-Za-z0-9_.:@/-]{1,128}$/.test(text)) continue
    const answer = await create({ conversation: text, metadata: { text } })
    if (!answer.ok) continue // card-shaped: refused at the door, which is a wall of its own
    const { id } = await answer.json()
    const headers = { authorization: `Bearer ${stack.tenant.secret_key}` }
    await fetch(`${stack.direct.gateway}/v1/captures/${id}`, { headers })
    const events = await fetch(`${stack.direct.gateway}/v1/captures/${id}/events`, { headers })
    evidence.add(eventsPlace, await events.text())
  }
}

async function readMetrics(stack: Stack, evidence: Evidence, plants: readonly Plant[]): Promise<string[]> {
  const there: string[] = []
  for (const role of innerRoles) {
    const text = await metricsOf(stack, role)
    if (text === null) continue
    there.push(role)
    evidence.add(metricsPlace, text)
  }
  for (const registry of [promRegistry(), plainRegistry()]) {
    evidence.add(metricsPlace, await labelled(registry, textsOf(plants)))
  }
  return there
}

/** Labels come from closed lists, so that no request can plant one: the control is a list that has the decoy, in each kind of registry. */
async function labelled(registry: Registry, texts: readonly string[]): Promise<string> {
  const planted = registry.counter({ name: 'planted_total', help: 'Planted.', labels: { text: texts } })
  for (const text of texts) planted.add({ text })
  return registry.text()
}

async function readMemories(stack: Stack, evidence: Evidence, plants: readonly Plant[]): Promise<string[]> {
  const unreadable: string[] = []
  for (const name of withoutDigits) {
    if (!canReadMemory(stack.pid(name))) {
      unreadable.push(name)
      continue
    }
    const open = await holdOpen(stack, name, bytesOf(oneOfEach(plants)))
    await delay(50)
    for (const part of memoryParts(stack.pid(name))) evidence.add(memoryPlace(name), part)
    for (const socket of open) socket.destroy()
  }
  return unreadable
}

/** In files of our own making: databases, write-ahead log, logs, the processor's state. */
export async function followCodes(
  stack: Stack,
  { parts }: Awaited<ReturnType<typeof clusterFolders>>,
  { draw, pan, decoy }: { draw: Draw; pan: string; decoy: string },
): Promise<Codes> {
  const folders = [...parts.map(({ path }) => path), join(stack.home, 'logs'), join(stack.home, 'processor')]
  await flushAll(stack)
  const count = () => countCodes(folders, [pan, decoy])
  const before = count()
  await useCodes(stack, pan, draw.used)
  await flushAll(stack)
  const after = count()
  await plantCodes(stack, draw.used)
  const planted = count()
  await plantRequests(stack, draw.used, decoy)
  return { draw, before, after, planted, logged: count() }
}

interface Disk {
  plants: readonly Plant[]
  cluster: Awaited<ReturnType<typeof clusterFolders>>
}

function readDisk(stack: Stack, evidence: Evidence, { plants, cluster }: Disk): void {
  const logs = join(stack.home, 'logs')
  const processor = join(stack.home, 'processor')
  const databaseLog = join(cluster.data, '..', 'log')
  for (const name of readdirSync(logs)) appendFileSync(join(logs, name), bytesOf(plants))
  for (const name of readdirSync(processor)) appendFileSync(join(processor, name), bytesOf(plants))
  for (const path of [stack.home, cluster.data]) writeFileSync(join(path, 'planted'), bytesOf(plants))

  for (const { place, path } of cluster.parts) evidence.addFiles(place, path)
  const parts = new Set(cluster.parts.map(({ path }) => path))
  evidence.addFiles(placesOnDisk.cluster, cluster.data, (path) => parts.has(path))
  evidence.addFiles(placesOnDisk.logs, logs)
  evidence.addFiles(placesOnDisk.logs, databaseLog)
  evidence.add(placesOnDisk.logs, stack.output())
  evidence.addFiles(placesOnDisk.processor, processor)
  const seen = new Set([logs, processor, databaseLog, cluster.data])
  evidence.addFiles(placesOnDisk.home, stack.home, (path) => seen.has(path))
}
