import type { Lexicon } from './lexicon.ts'

/** German. The unit stands first: zweiundvierzig. */
export const de: Lexicon = {
  language: 'de',
  digits: [
    'null, nullen',
    'eins, ein, eine, einser',
    'zwei, zwo, zweier',
    'drei, dreier',
    'vier, vierer',
    'fünf, fuenf, fünfer',
    'sechs, sechser',
    'sieben, siebener',
    'acht, achter',
    'neun, neuner',
  ],
  numbers: {
    10: 'zehn',
    11: 'elf',
    12: 'zwölf, zwoelf',
    13: 'dreizehn',
    14: 'vierzehn',
    15: 'fünfzehn, fuenfzehn',
    16: 'sechzehn',
    17: 'siebzehn',
    18: 'achtzehn',
    19: 'neunzehn',
    20: 'zwanzig',
    30: 'dreißig, dreissig',
    40: 'vierzig',
    50: 'fünfzig, fuenfzig',
    60: 'sechzig',
    70: 'siebzig',
    80: 'achtzig',
    90: 'neunzig',
  },
  scales: { 100: 'hundert', 1000: 'tausend' },
  times: {
    2: 'doppel, doppelt, zweimal, zwei mal',
    3: 'dreifach, dreimal, drei mal',
    4: 'vierfach, viermal, vier mal',
  },
  and: 'und',
  unitFirst: {
    joiner: 'und',
    units: ['ein, eins', 'zwei, zwo', 'drei', 'vier', 'fünf, fuenf', 'sechs', 'sieben', 'acht', 'neun'],
  },
  marks: {
    filler:
      'warte, warten sie, äh, ähm, hm, also, dann, und dann, danach, bindestrich, strich, leerzeichen, punkt, komma, so, nun, jetzt, weiter, ist, sind, lautet, nochmal, moment, eine sekunde, gefolgt von',
    correction:
      'nein, entschuldigung, sorry, ich meine, quatsch, falsch, vielmehr, korrektur, pardon, stimmt nicht, ne',
    restart:
      'noch einmal von vorn, nochmal von vorne, von vorn, von vorne, ich fange nochmal an, ich fange von vorne an',
    ordinal: 'erste, ersten, zweite, zweiten, dritte, dritten, letzte, letzten, nächste, nächsten, restlichen, übrigen',
    part: 'teil, gruppe, block, hälfte',
    digits: 'ziffern, zahlen, stellen, weitere',
    card: 'karte, karten, kreditkarte, bankkarte, debitkarte, kartennummer, kreditkartennummer, girokarte, zahlungskarte',
    other_card:
      'geschenkkarte, gutscheinkarte, kundenkarte, sim karte, simkarte, ausweis, bahncard, bordkarte, mitgliedskarte, gutschein',
    cvc: 'prüfnummer, prüfziffer, kartenprüfnummer, sicherheitscode, sicherheitsnummer, kartenprüfziffer, prüfcode, auf der rückseite, rückseite, hinten drauf',
    expiry: 'gültig bis, ablaufdatum, verfallsdatum, läuft ab, abläuft, ablauf, verfall, gültigkeit, gültig, gilt bis',
    perishable:
      'reisepass, pass, milch, angebot, gutschein, führerschein, vertrag, abo, garantie, ticket, sitzung, passwort, visum',
    order:
      'bestellung, bestellnummer, auftrag, auftragsnummer, referenz, sendung, sendungsnummer, rechnung, rechnungsnummer, buchung, buchungsnummer, vorgang, konto, kontonummer, kunde, kundennummer, paket',
    phone: 'telefon, telefonnummer, handy, handynummer, anrufen, rufnummer, mobil, durchwahl',
    iban: 'iban',
    unit: 'euro, dollar, personen, uhr, minuten, stunden, tage, jahre, monate, prozent, cent',
    confirm: 'ja, genau, richtig, okay, gut, danke, verstanden',
  },
  months: [
    'januar, jänner',
    'februar',
    'märz',
    'april',
    'mai',
    'juni',
    'juli',
    'august',
    'september',
    'oktober',
    'november',
    'dezember',
  ],
}
