import type { Server, ServerOptions } from 'node:http'
import { refuseBytes, type RefusedBytes } from './refused-bytes.ts'

/**
 * What a door takes from whoever knocks, each number with its reason. One file for all doors: the agents' API, the
 * capture origin, the inner doors between processes, the sandbox processor and the shop of the demo.
 */
export const httpLimits = {
  /** A key, an Idempotency-Key, a cursor and what proxies add stay far below; Node's own default is as large. */
  headerBytesMax: 16_384,
  /** More than any client or chain of proxies sends. */
  headerCountMax: 100,
  /** A client that drips its headers holds a socket; honest ones send them in one packet. */
  headersTimeoutMs: 10_000,
  /** For the whole request, body included: 16 kB in 20 s is a very slow phone. Answers may take longer (streams). */
  requestTimeoutMs: 20_000,
  /** Longer than the 60 s after which usual load balancers let go, so that it is not us who close under a request. */
  keepAliveTimeoutMs: 65_000,
  /** How often the two time-outs above are looked at. */
  connectionsCheckMs: 5_000,
  /** Each stream holds one; file descriptors usually end at 1024, and the database and the log need theirs. */
  connectionsMax: 800,
  /** An Idempotency-Key is a UUID or an order number; longer ones are somebody's payload. */
  idempotencyKeyLengthMax: 255,
  /** Streams and long polls of one tenant: a client that forgets to close them must not starve the others. */
  waitingReadersPerTenantMax: 200,
  /** Below the 30 s to 60 s after which usual proxies cut a silent stream. */
  heartbeatMs: 15_000,
  /** A reader that does not read is let go; it comes back with its cursor. */
  slowReaderMs: 30_000,
  /** Told to end, a process answers what is under way for so long: a charge may wait 6 s for its processor. */
  drainMs: 10_000,
  /** And still listens for so long, so that clients on kept-alive connections come by and are told to leave. */
  lingerMs: 250,
  /** A connection on which no request has fully come by then is closed when the process ends. */
  headOfRequestMs: 500,

  /** A sealed card is under 400 bytes; attach and progress are smaller. Anything larger is not ours. */
  captureBodyBytesMax: 8_192,
  /** Metadata is bounded to 4 kB, so an agent's request never needs more. */
  agentBodyBytesMax: 16_384,
  /** Between processes: an opening carries two wrapped keys and a grant. */
  innerBodyBytesMax: 65_536,
  /** To keyd, for rewrapping: a thousand contexts and wrapped keys, of 450 bytes as they are. */
  rewrapBodyBytesMax: 524_288,
  /** To the screen: sixty-four messages, or one of many pages. */
  screenBodyBytesMax: 262_144,
  /** A stream to the screen is one turn; the longest answer of a model is far below. */
  screenStreamBytesMax: 1_048_576,
  /** A payment with a card is under 1 kB. */
  processorBodyBytesMax: 16_384,
  /** A chat's message of 500 characters, each of them escaped. */
  demoBodyBytesMax: 4_096,
  /** No request of ours nests deeper than six; whoever walks over a value must not run out of stack. */
  bodyDepthMax: 32,
  /** What a request may still send once it was answered: an honest one that was a little too large gets to its end. */
  lateBytesMax: 1_048_576,
  /** And for how long. */
  lateMs: 1_000,
  /**
   * Requests that wait for their answers on one connection. A packet holds a thousand of them, and each may ask for the
   * largest answer there is without ever reading one. Browsers send one at a time.
   */
  pipelinedMax: 16,
} as const

/** Inner doors, where they differ: a peer is on this machine, and a request that is not here soon will not come. */
export const innerLimits = {
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  /** Longer than the client keeps an idle socket, so that it is the client who closes. */
  keepAliveTimeoutMs: 65_000,
  /** Each peer keeps at most 64 (`inner-client.ts`); keyd has three. */
  connectionsMax: 512,
} as const

/** The screen, where it differs: what a model says, or a person types, comes as fast as they do. */
export const screenLimits = {
  headersTimeoutMs: 10_000,
  /** As long as a conversation is remembered; a turn that takes longer is two. */
  requestTimeoutMs: 120_000,
  keepAliveTimeoutMs: 65_000,
  /** A stream in which nothing comes for so long has been forgotten by its sender. */
  silenceMsMax: 30_000,
  /** A body that comes whole, comes at once. */
  bodyMsMax: 10_000,
} as const

type Timeouts = Pick<typeof httpLimits, 'headersTimeoutMs' | 'requestTimeoutMs' | 'keepAliveTimeoutMs'>

/** For `createServer` of http and https; what it says counts when the server is made. */
const serverOptions = (timeouts: { readonly [name in keyof Timeouts]: number }): ServerOptions => ({
  get maxHeaderSize() {
    return httpLimits.headerBytesMax
  },
  get headersTimeout() {
    return timeouts.headersTimeoutMs
  },
  get requestTimeout() {
    return timeouts.requestTimeoutMs
  },
  get keepAliveTimeout() {
    return timeouts.keepAliveTimeoutMs
  },
  get connectionsCheckingInterval() {
    return httpLimits.connectionsCheckMs
  },
  // Node would answer this one itself, without a word; `refuseBytes` does it with one.
  requireHostHeader: false,
})

export const outerServerOptions: ServerOptions = serverOptions(httpLimits)
export const innerServerOptions: ServerOptions = serverOptions(innerLimits)
export const screenServerOptions: ServerOptions = serverOptions(screenLimits)

/**
 * The limits that are properties of the server rather than options, and typed answers to what Node would refuse by
 * itself. `refused` says how the door spells a problem.
 */
export function limitServer(server: Server, refused: RefusedBytes, connectionsMax: number = httpLimits.connectionsMax) {
  server.maxConnections = connectionsMax
  // One more than is taken: Node drops what is over this number, and a header that was dropped must not go unnoticed.
  server.maxHeadersCount = httpLimits.headerCountMax + 1
  refuseBytes(server, refused, httpLimits)
}
