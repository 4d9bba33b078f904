import type { CatalogueItem, Money } from '../talk.ts'

/** What the house sells. Some prices end in 91, 92 and 93: the sandbox processor then loses its answer, fails after success, or is slow. */
const eur = (amount_minor: number): Money => ({ amount_minor, currency: 'EUR' })

export interface Item extends CatalogueItem {
  /** Words by which a customer may mean it. */
  words: RegExp
  included: string
}

export const catalogue: readonly Item[] = [
  {
    id: 'lantern',
    name: 'Lantern Room, one night',
    line: 'Two windows on the harbour',
    price: eur(8400),
    words: /lantern|\broom\b|tonight|\bbed\b/i,
    included: 'Breakfast until half past ten, wifi, and the window seat. Checkout is at eleven.',
  },
  {
    id: 'loft',
    name: 'Pilot’s Loft, two nights',
    line: 'Under the roof, with a stove',
    price: eur(23600),
    words: /loft|pilot|two nights/i,
    included: 'Breakfast on both mornings, wood for the stove, and a telescope that finds most ships.',
  },
  {
    id: 'breakfast',
    name: 'Breakfast for two',
    line: 'Rye bread, smoked fish, coffee',
    price: eur(2400),
    words: /breakfast/i,
    included: 'A basket at your door at the hour you like. Tell the front desk about allergies.',
  },
  {
    id: 'late',
    name: 'Late checkout',
    line: 'The room is yours until three',
    price: eur(1991),
    words: /late|check ?-?out/i,
    included: 'Your room and your key until three in the afternoon.',
  },
  {
    id: 'bicycle',
    name: 'Bicycle for a day',
    line: 'Seven gears, one bell',
    price: eur(1592),
    words: /bicycle|bike/i,
    included: 'A lock, a map of the coast path and a basket for the picnic.',
  },
  {
    id: 'boat',
    name: 'Boat to the lighthouse',
    line: 'Ninety minutes at sea',
    price: eur(3893),
    words: /boat|lighthouse|tour/i,
    included: 'A seat for one, a warm drink, and your money back when the wind says no.',
  },
]

export const priceOf = ({ amount_minor, currency }: Money): string =>
  new Intl.NumberFormat('en-IE', { style: 'currency', currency }).format(amount_minor / 100)
