/**
 * A STUB of a cloud's key service over HTTP, for the contract test alone: the calls of AWS KMS by which a P-256 key of the usage
 * KEY_AGREEMENT gives a shared secret (DeriveSharedSecret), in its shapes, on loopback, without its signatures, quotas and
 * permissions. It shows that the interface of a store fits such a service; it says nothing of the service.
 */
import {
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface StubKey {
  id: string
  description: string
  createdS: number
  usage: 'KEY_AGREEMENT' | 'GENERATE_VERIFY_MAC'
  pair?: { privateKey: KeyObject; publicKey: KeyObject }
  secret?: Buffer
  deleted: boolean
}

type Body = Record<string, string>
class Refused extends Error {}

export interface KmsStub {
  url: string
  /** Calls that came, by name. */
  calls: string[]
  /** While true it answers 503, as a service that is away. */
  away: boolean
  close(): Promise<void>
}

export async function startKmsStub(): Promise<KmsStub> {
  const keys = new Map<string, StubKey>()
  const find = (id: string | undefined, usage: StubKey['usage']): StubKey => {
    const key = keys.get(id ?? '')
    if (key === undefined || key.deleted || key.usage !== usage) throw new Refused('NotFoundException')
    return key
  }
  const actions: Record<string, (body: Body) => unknown> = {
    CreateKey: ({ Description: description = '', KeyUsage: usage }) => {
      const id = randomUUID()
      const kept = { id, description, createdS: Date.now() / 1000, deleted: false }
      if (usage === 'KEY_AGREEMENT')
        keys.set(id, { ...kept, usage, pair: generateKeyPairSync('ec', { namedCurve: 'P-256' }) })
      else keys.set(id, { ...kept, usage: 'GENERATE_VERIFY_MAC', secret: randomBytes(32) })
      return { KeyMetadata: { KeyId: id } }
    },
    ListKeys: () => ({
      Keys: [...keys.values()]
        .filter(({ deleted }) => !deleted)
        .map(({ id, description, createdS, usage }) => ({
          KeyId: id,
          Description: description,
          CreationDate: createdS,
          KeyUsage: usage,
        })),
    }),
    GetPublicKey: ({ KeyId: id }) => ({
      PublicKey: find(id, 'KEY_AGREEMENT').pair?.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    }),
    DeriveSharedSecret: ({ KeyId: id, PublicKey: spki = '' }) => {
      const { pair } = find(id, 'KEY_AGREEMENT')
      if (pair === undefined) throw new Refused('KMSInternalException')
      try {
        const publicKey = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' })
        const secret = diffieHellman({ privateKey: pair.privateKey, publicKey })
        return { SharedSecret: secret.toString('base64') }
      } catch {
        throw new Refused('ValidationException')
      }
    },
    GenerateMac: ({ KeyId: id, Message: message = '' }) => {
      const { secret = Buffer.alloc(0) } = find(id, 'GENERATE_VERIFY_MAC')
      return { Mac: createHmac('sha256', secret).update(Buffer.from(message, 'base64')).digest('base64') }
    },
    ScheduleKeyDeletion: ({ KeyId: id }) => {
      find(id, 'KEY_AGREEMENT').deleted = true
      return { KeyState: 'PendingDeletion' }
    },
  }
  const stub = { calls: [] as string[], away: false }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const name = String(request.headers['x-amz-target']).replace(/^TrentService\./, '')
    stub.calls.push(name)
    const answer = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(value))
    }
    if (stub.away) return answer(503, { __type: 'DependencyTimeoutException' })
    try {
      const body: Body = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined
      if (action === undefined) throw new Refused('UnknownOperationException')
      answer(200, action(body))
    } catch (error) {
      answer(400, { __type: error instanceof Refused ? error.message : 'ValidationException' })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Sound: a server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo
  return Object.assign(stub, {
    url: `http://127.0.0.1:${port}/`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  })
}
