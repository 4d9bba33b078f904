/** Schemes as people write them. In words: the marks are their owners'. */
const names: Record<string, string> = {
  amex: 'Amex',
  jcb: 'JCB',
  unionpay: 'UnionPay',
  rupay: 'RuPay',
  uatp: 'UATP',
  nps: 'NPS',
  gpn: 'GPN',
  lankapay: 'LankaPay',
  ukrcard: 'UkrCard',
  interpayment: 'InterPayment',
  instapayment: 'InstaPayment',
  uzcard: 'UzCard',
  borica: 'BORICA',
  afrigo: 'AfriGo',
  cartes_bancaires: 'Cartes Bancaires',
  eftpos: 'eftpos',
  tunion: 'T-Union',
}

export const brandName = (brand: string): string =>
  names[brand] ?? brand.charAt(0).toUpperCase() + brand.slice(1).replaceAll('_', ' ')
