import type { Lexicon } from './lexicon.ts'

/** Japanese, in kana (katakana is folded to hiragana). Chinese numerals are digits by their class. One kana is weak. */
export const ja: Lexicon = {
  language: 'ja',
  digits: [
    'ゼロ, れい, まる',
    'いち, ワン',
    'に, にい, ツー',
    'さん, スリー',
    'よん, よっつ, フォー',
    'ご, ごお, ファイブ',
    'ろく, シックス',
    'なな, しち, セブン',
    'はち, エイト',
    'きゅう, ナイン',
  ],
  weak: { 4: 'し, よ', 9: 'く' },
  numbers: { 10: 'じゅう' },
  scales: { 100: 'ひゃく', 1000: 'せん' },
  marks: {
    filler: 'ちょっと, まって, 待って, えーと, ええと, あの, つぎ, つぎに, それから, の, ハイフン, スペース, です, は',
    correction: 'いえ, いや, すみません, ちがいます, じゃなくて, 訂正',
    restart: '最初から, もう一度最初から, はじめから',
    ordinal: '最初の, 最後の, 次の, はじめの',
    part: '',
    digits: '桁, けた',
    card: 'カード, クレジットカード, カード番号, デビットカード',
    other_card: 'ギフトカード, ポイントカード, 会員カード, 図書カード, マイナンバーカード',
    cvc: 'セキュリティコード, セキュリティーコード, 裏面, 裏の',
    expiry: '有効期限, 期限, まで有効',
    perishable: 'パスポート, 牛乳, クーポン, 免許証, 賞味期限, 消費期限',
    order: '注文番号, 注文, 予約番号, 追跡番号, お問い合わせ番号, 請求書, 口座番号, 会員番号',
    phone: '電話, 電話番号, 携帯',
    unit: '円, 人, 時, 分, 年, 月, 日, 個, 回',
    confirm: 'はい, そうです, 了解',
  },
}
