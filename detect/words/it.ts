import type { Lexicon } from './lexicon.ts'

/** Italian. Tens and units are one word, and the tens lose their vowel before uno and otto. */
const tens = ['vent', 'trent', 'quarant', 'cinquant', 'sessant', 'settant', 'ottant', 'novant']
const units = ['uno', 'due', 'tre', 'quattro', 'cinque', 'sei', 'sette', 'otto', 'nove']

const compounds: Record<number, string> = {}
for (const [ten, stem] of tens.entries()) {
  const whole = stem + (ten === 0 ? 'i' : 'a')
  compounds[(ten + 2) * 10] = whole
  for (const [unit, word] of units.entries())
    compounds[(ten + 2) * 10 + unit + 1] = unit === 0 || unit === 7 ? `${stem}${word}` : `${whole}${word}`
}

export const it: Lexicon = {
  language: 'it',
  digits: ['zero, zeri', 'uno, un, una', 'due', 'tre', 'quattro', 'cinque', 'sei', 'sette', 'otto', 'nove'],
  numbers: {
    10: 'dieci',
    11: 'undici',
    12: 'dodici',
    13: 'tredici',
    14: 'quattordici',
    15: 'quindici',
    16: 'sedici',
    17: 'diciassette',
    18: 'diciotto',
    19: 'diciannove',
    ...compounds,
  },
  scales: { 100: 'cento', 1000: 'mille, mila' },
  times: { 2: 'doppio, due volte', 3: 'triplo, tre volte', 4: 'quadruplo, quattro volte' },
  and: 'e',
  marks: {
    filler:
      'aspetti, aspetta, adesso, ora, ecco, eh, ehm, allora, poi, e poi, dopo, quindi, trattino, spazio, punto, virgola, è, sono, vediamo, seguito da, di nuovo, un attimo, un momento, un secondo',
    correction: 'no, scusa, scusi, volevo dire, cioè, anzi, correzione, ho sbagliato, sbagliato',
    restart: 'ricomincio, ricominciamo, da capo, dall inizio',
    ordinal:
      'primi, prime, primo, secondi, secondo, terzo, terzi, ultimi, ultime, ultimo, prossimi, seguenti, restanti',
    part: 'parte, gruppo, blocco, metà',
    digits: 'cifre, numeri, altre',
    card: 'carta, carte, carta di credito, carta di debito, numero della carta, numero di carta, bancomat, postepay',
    other_card: 'carta regalo, carta fedeltà, carta d identità, carta d imbarco, tessera, buono',
    cvc: 'codice di sicurezza, codice della carta, codice di controllo, codice di verifica della carta, tre cifre dietro, cifre sul retro, sul retro, dietro la carta',
    expiry: 'scadenza, data di scadenza, scade, valida fino, valida fino a, valido fino a, valida fino al',
    perishable:
      'passaporto, latte, offerta, buono, patente, contratto, abbonamento, garanzia, biglietto, sessione, password, visto',
    order:
      'ordine, numero d ordine, numero ordine, riferimento, spedizione, tracciamento, fattura, prenotazione, pratica, conto, cliente, pacco',
    phone: 'telefono, cellulare, chiamare, numero di telefono, fisso',
    unit: 'euro, dollari, persone, ore, minuti, giorni, anni, mesi, per cento, centesimi',
    confirm: 'sì, certo, esatto, va bene, ok, perfetto, grazie',
  },
  months: [
    'gennaio',
    'febbraio',
    'marzo',
    'aprile',
    'maggio',
    'giugno',
    'luglio',
    'agosto',
    'settembre',
    'ottobre',
    'novembre',
    'dicembre',
  ],
}
