/** The tests of a file that run, by their titles as the source spells them. */
import { parseSync } from 'vite'

interface Node {
  type: string
  start: number
  end: number
  [member: string]: unknown
}

/** `attack` makes two tests of one title: `e2e/hostile/attack.ts`. */
const makers = ['test', 'it', 'attack']
const groups = ['describe', 'suite']
const offs = ['skip', 'todo', 'fixme', 'fails', 'fail']

export function titlesOf(path: string, source: string): Set<string> {
  const titles = new Set<string>()
  const visit = (node: Node, off: boolean): void => {
    const names = node.type === 'CallExpression' ? namesOf(node['callee']) : []
    const made = [...makers, ...groups].includes(names[0] ?? '')
    const isOff = off || skipsBelow(node) || (made && (names.some((name) => offs.includes(name)) || isNeverMet(node)))
    const title = made && !names.some((name) => groups.includes(name)) && !isOff ? titleOf(node, source) : null
    if (title !== null && !skipsItself(node)) titles.add(title)
    for (const child of childrenOf(node)) visit(child, isOff)
  }
  visit(parseSync(path, source).program as unknown as Node, false) // sound: ESTree's nodes have these members
  return titles
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string'
const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode)
const argumentsOf = (node: Node): Node[] => [node['arguments']].flat().filter(isNode)
const isFunction = ({ type }: Node): boolean => /FunctionExpression$/.test(type)

/** `test.concurrent.each(table)` is test, concurrent, each. */
function namesOf(callee: unknown): string[] {
  if (!isNode(callee)) return []
  if (callee.type === 'Identifier') return [String(callee['name'])]
  if (callee.type === 'CallExpression') return namesOf(callee['callee'])
  if (callee.type === 'TaggedTemplateExpression') return namesOf(callee['tag'])
  return callee.type === 'MemberExpression' ? [...namesOf(callee['object']), ...namesOf(callee['property'])] : []
}

/** Of a call with a title and something to run; a table before it has neither. */
function titleOf(node: Node, source: string): string | null {
  const [title, ...rest] = argumentsOf(node)
  if (title === undefined || !rest.some((one) => isFunction(one) || one.type === 'ObjectExpression')) return null
  if (title.type === 'TemplateLiteral') return source.slice(title.start + 1, title.end - 1)
  return title.type === 'Literal' && typeof title['value'] === 'string' ? title['value'] : null
}

/** `skipIf(true)`, `runIf(false)`: a condition that asks nothing. */
function isNeverMet({ callee, object }: Node): boolean {
  const inner = callee ?? object
  if (!isNode(inner)) return false
  const [condition] = argumentsOf(inner)
  const name = inner.type === 'CallExpression' ? namesOf(inner['callee']).at(-1) : undefined
  return (
    (name === 'skipIf' && condition?.['value'] === true) ||
    (name === 'runIf' && condition?.['value'] === false) ||
    isNeverMet(inner)
  )
}

/** `test.skip()` and `test.skip(true, 'why')`, as a statement: what stands around it does not run. */
const isSkip = (node: Node): boolean => {
  const call = node.type === 'ExpressionStatement' ? node['expression'] : null
  if (!isNode(call) || call.type !== 'CallExpression' || !/^(skip|fixme)$/.test(namesOf(call['callee']).at(-1) ?? ''))
    return false
  const [condition] = argumentsOf(call)
  return condition === undefined || condition['value'] === true
}
const skipsBelow = (node: Node): boolean =>
  (node.type === 'Program' || node.type === 'BlockStatement') && childrenOf(node).some(isSkip)
const skipsItself = (node: Node): boolean =>
  argumentsOf(node).some((one) => isFunction(one) && childrenOf(one).some(skipsBelow))
