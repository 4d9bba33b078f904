/** Two small guessers for `length.test.ts`: logistic regression and a decision tree, and how well they do. No product code. */
export type Guesser = (row: readonly number[]) => number
export type Train = (rows: readonly (readonly number[])[], labels: readonly boolean[]) => Guesser

/** The chance that a long one is ranked above a short one; ties count half. */
export function auc(scores: readonly number[], labels: readonly boolean[]): number {
  const order = scores.map((_, at) => at).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0))
  let ranks = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && scores[order[to] ?? 0] === scores[order[from] ?? 0]) to += 1
    for (let at = from; at < to; at += 1) if (labels[order[at] ?? 0]) ranks += (from + to + 1) / 2
    from = to
  }
  const longs = labels.filter(Boolean).length
  return (ranks - (longs * (longs + 1)) / 2) / (longs * (labels.length - longs))
}

/** Each row is guessed by one who has not seen it. */
export function crossValidated(
  rows: readonly number[][],
  labels: readonly boolean[],
  train: Train,
  folds = 5,
): number[] {
  const scores: number[] = rows.map(() => 0)
  for (let fold = 0; fold < folds; fold += 1) {
    // Blocks, not every fifth: seeds choose the scheme by their remainder.
    const held = (at: number): boolean => Math.floor((at * folds) / rows.length) === fold
    const guess = train(
      rows.filter((_, at) => !held(at)),
      labels.filter((_, at) => !held(at)),
    )
    rows.forEach((row, at) => {
      if (held(at)) scores[at] = guess(row)
    })
  }
  return scores
}

const rounds = 200

export const logistic: Train = (rows, labels) => {
  const width = rows[0]?.length ?? 0
  const columns = Array.from({ length: width }, (_, at) => rows.map((row) => row[at] ?? 0))
  const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length)
  const spreads = columns.map((column, at) => {
    const square = column.reduce((sum, value) => sum + (value - (means[at] ?? 0)) ** 2, 0) / column.length
    return Math.sqrt(square) || 1
  })
  const scaled = (row: readonly number[]): number[] =>
    row.map((value, at) => (value - (means[at] ?? 0)) / (spreads[at] ?? 1))
  const inputs = rows.map(scaled)
  const weights = new Array<number>(width + 1).fill(0)
  const score = (row: readonly number[]): number =>
    row.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), weights[width] ?? 0)
  for (let round = 0; round < rounds; round += 1) {
    const slope = new Array<number>(width + 1).fill(0)
    inputs.forEach((row, at) => {
      const off = 1 / (1 + Math.exp(-score(row))) - (labels[at] ? 1 : 0)
      for (let column = 0; column < width; column += 1) slope[column] = (slope[column] ?? 0) + off * (row[column] ?? 0)
      slope[width] = (slope[width] ?? 0) + off
    })
    for (let column = 0; column <= width; column += 1) {
      weights[column] = (weights[column] ?? 0) - (slope[column] ?? 0) / inputs.length - 0.001 * (weights[column] ?? 0)
    }
  }
  return (row) => score(scaled(row))
}

const leafMin = 30
const cuts = 24

export const tree: Train = (rows, labels) => grow(rows, labels, 4)

function grow(rows: readonly (readonly number[])[], labels: readonly boolean[], depth: number): Guesser {
  const share = labels.filter(Boolean).length / Math.max(1, labels.length)
  if (depth === 0 || rows.length < 2 * leafMin) return () => share
  let best: { impurity: number; column: number; cut: number } | null = null
  for (let column = 0; column < (rows[0]?.length ?? 0); column += 1) {
    const values = rows.map((row) => row[column] ?? 0).sort((a, b) => a - b)
    for (let step = 1; step < cuts; step += 1) {
      const cut = values[Math.floor((values.length * step) / cuts)] ?? 0
      let [below, longBelow, longAbove] = [0, 0, 0]
      rows.forEach((row, at) => {
        if ((row[column] ?? 0) < cut) {
          below += 1
          if (labels[at]) longBelow += 1
        } else if (labels[at]) longAbove += 1
      })
      const above = rows.length - below
      if (below < leafMin || above < leafMin) continue
      const impurity = longBelow * (1 - longBelow / below) + longAbove * (1 - longAbove / above)
      if (best === null || impurity < best.impurity) best = { impurity, column, cut }
    }
  }
  if (best === null) return () => share
  const { column, cut } = best
  const side = (isBelow: boolean): Guesser => {
    const mine = rows.map((row) => (row[column] ?? 0) < cut === isBelow)
    return grow(
      rows.filter((_, at) => mine[at]),
      labels.filter((_, at) => mine[at]),
      depth - 1,
    )
  }
  const [low, high] = [side(true), side(false)]
  return (row) => ((row[column] ?? 0) < cut ? low(row) : high(row))
}
