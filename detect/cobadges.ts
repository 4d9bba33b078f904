/**
 * Cards that two networks serve, where the person who pays may say which one does (Regulation (EU) 2015/751, Article
 * 8(6)). A row: the networks, then the ranges as in `brands.ts`. The card's own number says neither; lists of issuers do,
 * and they move: what is missing here is charged as its brand says, as before. Facts, each with where it is from.
 * The domestic network stands first in the list, for it is the one that a number does not show.
 */
export const cobadges: readonly string[] = [
  // Issuers of France: juspay/hyperswitch, the pattern `CartesBancaires` of its card table (Apache-2.0), those below 4 and
  // 51-55. `40000025` and `55555525` are the processors' test cards (Stripe, "co-branded cards").
  'cartes_bancaires/visa 40000025 401005-401006 401581 402101-402102 403550 405936 406572 413849 414819 415056 415059 ' +
    '415062 415071 415074 416286 416537 416579 41717 420110 423460 434721-434722 435048-435052 437875 439509 439511 ' +
    '439515 439539 439598 439603 439618-439620 439622 439672 442448-442452 442457 448412 450519 450560 4533 ' +
    '45566-45568 45610-45622 45624-45629 456955 457452 457717 45930 45932-45933 45937 45939 46099 465476-465477 466258 ' +
    '466575 46980 46982-46983 474107 477173-477174 477186 477265 477293 479619 481091 483622 486519 497 49835-49839 ' +
    '499001-499006 499010-499016 499020-499023 499030-499033 499040-499043 499050-499052 499068 499092 499095-499099',
  'cartes_bancaires/mastercard 510726 5130-5137 51385-51386 513900 513938 515214 516207 516236 517222 517243 ' +
    '517365-517366 517502 517647 518101 519920 520993 521662 523718 527429 529227 529313-529314 529331 529414 529421 ' +
    '529430 529440 529447 529455-529456 52946-52949 529542 530901 531028 531030 531195 532344-532347 532459 532509 ' +
    '532534 532554 532556 533801 534102 534105 534111 535029 535066 535324 536107 536115 537106 537112 538011 542848 ' +
    '545157 549538 549858-549859 553979 553993 554205 554260 554965 55555525 557008 558867 558882 558929 ' +
    '558942-558943 559618 559809-559810',
  // Denmark: "Payment card number" in Wikipedia, 4571 as Visa/Dankort.
  'dankort/visa 4571',
  // Belgium: Adyen/adyen-web, the starting rules of its card type `bcmc`; 6703 is of Maestro's range, 479658 of Visa's.
  'bancontact/maestro 6703',
  'bancontact/visa 479658',
  // Australia publishes no list: the processors' test cards alone (Stripe, "co-branded cards").
  'eftpos/visa 40000503',
  'eftpos/mastercard 55550503',
]

/** A row of the list as it is looked up in. */
export interface Cobadge {
  networks: readonly string[]
  /** The first and the last beginning of each range, of one length; one alone where it is both. */
  ranges: readonly (readonly string[])[]
}

export const parseCobadges = (rows: readonly string[]): readonly Cobadge[] =>
  rows.map((row) => {
    const [names = '', ...ranges] = row.split(' ')
    return { networks: names.split('/'), ranges: ranges.map((range) => range.split('-')) }
  })

/**
 * The networks among which the person chooses, ours first; none for a card of one network, and while the digits do not
 * say. @param brand what `brandOf` calls the card.
 */
export function networksOf(digits: string, brand = '', known: readonly Cobadge[]): readonly string[] {
  const found = known.find(
    ({ networks, ranges }) =>
      networks.includes(brand) &&
      ranges.some(([lo = '', hi = lo]) => {
        const head = digits.slice(0, lo.length)
        return head.length === lo.length && head >= lo && head <= hi
      }),
  )
  return found?.networks ?? []
}
