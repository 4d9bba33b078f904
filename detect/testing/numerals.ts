/**
 * How people say 0 to 99 in twelve languages. Facts of the languages, written here for tests alone: what the detector knows
 * of them is data of its own. A list holds the ways to say one number; the first is the usual one.
 */
export type Language = 'en' | 'es' | 'fr' | 'de' | 'pt' | 'it' | 'nl' | 'pl' | 'da' | 'hi' | 'ja' | 'zh'

export interface Numerals {
  /** What stands between two spoken digits. */
  joint: string
  /** 0 to 9, said one by one. */
  digits: readonly (readonly string[])[]
  /** 10 to 99; empty where nobody says a card in pairs. */
  pair(value: number): string
  /** Before a digit that comes twice; empty where nobody says so. */
  twice: readonly string[]
  /** What people say while they look for the next digit. */
  fillers: readonly string[]
  /** What stands before the number, and after it. */
  before: readonly string[]
  after: readonly string[]
}

const list = (text: string): string[][] => text.split(' ').map((word) => word.split('/'))
const tensAndUnits = (value: number): [tens: number, unit: number] => [Math.floor(value / 10), value % 10]

/** Ten words for 10 to 19, tens from 20, and how a language puts a ten and a unit together. */
function pairs(teens: string, tens: string, join: (ten: string, unit: number, value: number) => string) {
  const [teen, ten] = [teens.split(' '), tens.split(' ')]
  return (value: number): string => {
    const [high, unit] = tensAndUnits(value)
    if (value < 20) return teen[value - 10] ?? ''
    return unit === 0 ? (ten[high - 2] ?? '') : join(ten[high - 2] ?? '', unit, value)
  }
}
const first = (digits: readonly (readonly string[])[], unit: number): string => digits[unit]?.[0] ?? ''

const en = list('zero/oh/nought one two three four five six seven eight nine')
const es = list('cero uno dos tres cuatro cinco seis siete ocho nueve')
const fr = list('zéro un deux trois quatre cinq six sept huit neuf')
const de = list('null eins zwei/zwo drei vier fünf sechs sieben acht neun')
const pt = list('zero um/uma dois/duas três quatro cinco seis/meia sete oito nove')
const it = list('zero uno due tre quattro cinque sei sette otto nove')
const nl = list('nul een/één twee drie vier vijf zes zeven acht negen')
const pl = list('zero jeden dwa trzy cztery pięć/piec sześć/szesc siedem osiem dziewięć/dziewiec')
const da = list('nul et to tre fire fem seks syv otte ni')
const hi = list('शून्य एक दो तीन चार पाँच/पांच छह/छः सात आठ नौ')
const ja = list('ゼロ/れい/〇 いち/一 に/二 さん/三 よん/四 ご/五 ろく/六 なな/七 はち/八 きゅう/九')
const zh = list('零/〇 一/幺 二 三 四 五 六 七 八 九')

/** Irregular to the last one. */
const hindi =
  'दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस ' +
  'तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस चालीस इकतालीस बयालीस तैंतालीस चवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास ' +
  'पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर ' +
  'सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी ' +
  'नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे'

/** Seventy and ninety are sixty and eighty with a teen; 71 is "et onze", 81 and 91 have no "et". */
function french(value: number): string {
  const teens = 'dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf'.split(' ')
  const [high, unit] = tensAndUnits(value)
  if (value < 20) return teens[unit] ?? ''
  const base =
    ['vingt', 'trente', 'quarante', 'cinquante', 'soixante', 'soixante', 'quatre-vingt', 'quatre-vingt'][high - 2] ?? ''
  const rest = high === 7 || high === 9 ? (teens[unit] ?? '') : first(fr, unit)
  if (value === 80) return 'quatre-vingts'
  if (unit === 0 && high !== 7 && high !== 9) return base
  return unit === 1 && high < 8 ? `${base} et ${rest}` : `${base}-${rest}`
}

const italian = (ten: string, unit: number): string =>
  (unit === 1 || unit === 8 ? ten.slice(0, -1) : ten) + first(it, unit)
const german = (ten: string, unit: number): string => `${unit === 1 ? 'ein' : first(de, unit)}und${ten}`
const dutch = (ten: string, unit: number): string => `${first(nl, unit)}${unit === 2 || unit === 3 ? 'ën' : 'en'}${ten}`
const spanish = (ten: string, unit: number, value: number): string =>
  value < 30
    ? (['', 'uno', 'dós', 'trés', 'cuatro', 'cinco', 'séis', 'siete', 'ocho', 'nueve'][unit] ?? '').replace(
        /^/,
        'veinti',
      )
    : `${ten} y ${first(es, unit)}`

export const numerals: Readonly<Record<Language, Numerals>> = {
  en: {
    joint: ' ',
    digits: en,
    pair: pairs(
      'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
      'twenty thirty forty fifty sixty seventy eighty ninety',
      (ten, unit) => `${ten} ${first(en, unit)}`,
    ),
    twice: ['double'],
    fillers: ['uh', 'um', 'er', 'then', 'and', 'hmm'],
    before: ['my card number is', 'okay so it is', 'sure, it’s'],
    after: ['got it?', 'that is all', ''],
  },
  es: {
    joint: ' ',
    digits: es,
    pair: pairs(
      'diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve',
      'veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa',
      spanish,
    ),
    twice: ['doble'],
    fillers: ['eh', 'este', 'luego', 'y'],
    before: ['mi tarjeta es', 'el número es el', 'vale, es'],
    after: ['¿lo tiene?', 'gracias', ''],
  },
  fr: {
    joint: ' ',
    digits: fr,
    pair: french,
    twice: ['double'],
    fillers: ['euh', 'alors', 'puis', 'et'],
    before: ['ma carte c’est', 'le numéro est le', 'oui,'],
    after: ['voilà', 'merci', ''],
  },
  de: {
    joint: ' ',
    digits: de,
    pair: pairs(
      'zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn',
      'zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig',
      german,
    ),
    twice: ['doppel', 'zweimal'],
    fillers: ['äh', 'ähm', 'dann', 'und'],
    before: ['meine Karte ist', 'die Nummer lautet', 'also'],
    after: ['haben Sie das?', 'danke', ''],
  },
  pt: {
    joint: ' ',
    digits: pt,
    pair: pairs(
      'dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove',
      'vinte trinta quarenta cinquenta sessenta setenta oitenta noventa',
      (ten, unit) => `${ten} e ${first(pt, unit)}`,
    ),
    twice: ['duplo', 'dobro'],
    fillers: ['é', 'hum', 'depois', 'e'],
    before: ['o meu cartão é', 'o número é', 'certo,'],
    after: ['anotou?', 'obrigado', ''],
  },
  it: {
    joint: ' ',
    digits: it,
    pair: pairs(
      'dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove',
      'venti trenta quaranta cinquanta sessanta settanta ottanta novanta',
      italian,
    ),
    twice: ['doppio'],
    fillers: ['ehm', 'allora', 'poi', 'e'],
    before: ['la mia carta è', 'il numero è', 'sì,'],
    after: ['tutto qui', 'grazie', ''],
  },
  nl: {
    joint: ' ',
    digits: nl,
    pair: pairs(
      'tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien',
      'twintig dertig veertig vijftig zestig zeventig tachtig negentig',
      dutch,
    ),
    twice: ['dubbel'],
    fillers: ['eh', 'uh', 'dan', 'en'],
    before: ['mijn kaart is', 'het nummer is', 'ja,'],
    after: ['heeft u dat?', 'dank u', ''],
  },
  pl: {
    joint: ' ',
    digits: pl,
    pair: pairs(
      'dziesięć jedenaście dwanaście trzynaście czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście',
      'dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt',
      (ten, unit) => `${ten} ${first(pl, unit)}`,
    ),
    twice: ['podwójne', 'podwójna'],
    fillers: ['yyy', 'eee', 'potem', 'i'],
    before: ['moja karta to', 'numer karty', 'dobrze,'],
    after: ['ma pan to?', 'dziękuję', ''],
  },
  da: {
    joint: ' ',
    digits: da,
    pair: pairs(
      'ti elleve tolv tretten fjorten femten seksten sytten atten nitten',
      'tyve tredive fyrre halvtreds tres halvfjerds firs halvfems',
      (ten, unit) => `${unit === 1 ? 'en' : first(da, unit)}og${ten}`,
    ),
    twice: ['dobbelt'],
    fillers: ['øh', 'så', 'og'],
    before: ['mit kort er', 'nummeret er', 'ja,'],
    after: ['fik du det?', 'tak', ''],
  },
  hi: {
    joint: ' ',
    digits: hi,
    pair: (value) => hindi.split(' ')[value - 10] ?? '',
    twice: ['डबल'],
    fillers: ['अं', 'फिर', 'और'],
    before: ['मेरा कार्ड नंबर है', 'नंबर है', 'जी,'],
    after: ['ठीक है?', 'धन्यवाद', ''],
  },
  ja: {
    joint: '、',
    digits: ja,
    pair: () => '',
    twice: [],
    fillers: ['ええと', 'あの'],
    before: ['カード番号は', '番号は', 'はい、'],
    after: ['です', '以上です', ''],
  },
  zh: {
    joint: ' ',
    digits: zh,
    pair: () => '',
    twice: [],
    fillers: ['嗯', '然后'],
    before: ['我的卡号是', '卡号', '好的，'],
    after: ['谢谢', '就这些', ''],
  },
}

/** Of other template families, for what is held out of development. */
export const heldOutWords: Readonly<Record<Language, Pick<Numerals, 'before' | 'after' | 'fillers'>>> = {
  en: {
    before: ['you can bill this one:', 'yeah the long number,', 'write this down'],
    after: ['please', 'did you catch that', ''],
    fillers: ['let me see', 'next', 'erm', 'okay'],
  },
  es: {
    before: ['apunte:', 'le paso la visa,', 'los números son'],
    after: ['ya está', ''],
    fillers: ['a ver', 'después'],
  },
  fr: {
    before: ['notez :', 'les chiffres sont', 'je vous la donne,'],
    after: ['c’est tout', ''],
    fillers: ['ensuite', 'attendez'],
  },
  de: {
    before: ['notieren Sie:', 'die Kreditkarte,', 'es geht los,'],
    after: ['das war alles', ''],
    fillers: ['moment', 'danach'],
  },
  pt: { before: ['anote aí:', 'os números são', 'vou ditar,'], after: ['só isso', ''], fillers: ['espera', 'agora'] },
  it: { before: ['scriva:', 'le cifre sono', 'gliela detto,'], after: ['fatto', ''], fillers: ['aspetti', 'dopo'] },
  nl: {
    before: ['noteert u:', 'de cijfers zijn', 'daar gaat ie,'],
    after: ['dat was het', ''],
    fillers: ['even kijken', 'daarna'],
  },
  pl: {
    before: ['proszę zapisać:', 'cyfry to', 'podaję,'],
    after: ['to wszystko', ''],
    fillers: ['chwileczkę', 'dalej'],
  },
  da: {
    before: ['skriv ned:', 'tallene er', 'nu kommer det,'],
    after: ['det var det', ''],
    fillers: ['vent', 'derefter'],
  },
  hi: { before: ['लिखिए:', 'अंक हैं', 'क्रेडिट कार्ड,'], after: ['बस', ''], fillers: ['रुकिए', 'उसके बाद'] },
  ja: { before: ['言いますね、', 'クレジットカードは'], after: ['よろしく', ''], fillers: ['それから', 'つぎは'] },
  zh: { before: ['请记一下：', '信用卡号码'], after: ['完了', ''], fillers: ['接着', '稍等'] },
}
