/**
 * The entry of a process that was taken over. A test starts it where the supervisor would start the real one, by the same
 * function (`launch`) and from the same specification (`specOf`): same flags, same user, same configuration, same
 * environment; only the file that runs is another. So no line of what ships knows of attackers, and there is nothing to
 * switch on: what an attacker may do here is what any code in that process may do.
 */
import { readFileSync } from 'node:fs'

interface Order {
  id: number
  module: string
  attack: string
  input: unknown
}

/** What the process was told, which is what the attacker has. */
const config: unknown = JSON.parse(readFileSync(process.env['SALLYPORT_CONFIG'] ?? '', 'utf8'))

process.on('message', (order: Order) => {
  void carryOut(order).then((answer) => process.send?.({ id: order.id, ...answer }))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })

async function carryOut({ module, attack, input }: Order): Promise<object> {
  try {
    const attacks = await import(`./${module}.ts`)
    return { result: await attacks[attack](config, input) }
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' }
  }
}
