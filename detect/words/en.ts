import type { Lexicon } from './lexicon.ts'

/** English. The weak digits are what speech recognisers write for them (field page, table of confusions). */
export const en: Lexicon = {
  language: 'en',
  digits: [
    'zero, oh, o, nought, naught, nil, zeroes',
    'one, ones',
    'two, twos',
    'three, threes',
    'four, fours',
    'five, fives',
    'six, sixes',
    'seven, sevens',
    'eight, eights',
    'nine, nines, niner',
  ],
  weak: {
    0: 'owe',
    1: 'won, wan',
    2: 'to, too, tu',
    3: 'tree, free',
    4: 'for, fore, fower',
    5: 'fife, hive',
    6: 'sex, sicks, sics',
    7: 'heaven',
    8: 'ate, a, ait',
    9: 'nein, mine, nigh',
  },
  numbers: {
    10: 'ten',
    11: 'eleven',
    12: 'twelve',
    13: 'thirteen',
    14: 'fourteen',
    15: 'fifteen',
    16: 'sixteen',
    17: 'seventeen',
    18: 'eighteen',
    19: 'nineteen',
    20: 'twenty',
    30: 'thirty',
    40: 'forty, fourty',
    50: 'fifty',
    60: 'sixty',
    70: 'seventy',
    80: 'eighty',
    90: 'ninety',
  },
  scales: { 100: 'hundred', 1000: 'thousand' },
  times: { 2: 'double, dbl', 3: 'triple, treble', 4: 'quadruple' },
  and: 'and',
  marks: {
    filler:
      'uh, uhh, um, umm, er, erm, ah, hm, hmm, mm, like, and, then, and then, dash, hyphen, space, dot, slash, comma, next, ' +
      'so, well, okay, ok, now, followed by, after that, then it is, is, are, it is, its, it’s, that is, let me see, ' +
      'this one, that one, one sec, one second, one moment, hold on, you know, let me check, just a second, again, ' +
      // What is left of HTML between groups.
      'b, br, span, td, tr, div, li, em, strong, code, nbsp',
    correction:
      'no, sorry, no sorry, oops, i mean, i meant, rather, actually, correction, scratch that, make that, wait',
    restart:
      'let me start again, let me start over, start again, start over, starting over, from the start, from the top',
    ordinal: 'first, second, third, fourth, last, next, final, following, other, remaining',
    part: 'part, group, block, set, section, piece, chunk, half, line, step, bit',
    digits: 'digits, numbers, more',
    card:
      'card, cards, card number, credit card, debit card, cc, ccn, cardnumber, creditcard, pan, visa, mastercard, ' +
      'master card, amex, american express, discover, diners, diners club, jcb, maestro, unionpay, mir, rupay, elo',
    other_card:
      'gift, gift card, giftcard, loyalty, loyalty card, library, library card, sim, sim card, membership, ' +
      'membership card, member, rewards card, rewards, insurance card, insurance, id card, business card, store card, ' +
      'punch card, score card, report card, phone card, calling card, voucher, coupon, boarding card, green card',
    cvc:
      'cvc, cvv, cvc2, cvv2, csc, cid, cvn, cav2, security code, card verification code, ' +
      'card verification, card verification number, card security number, code on the back, number on the back, digits on the back, ' +
      'three digits on the back, 3 digits on the back, digit code, three digit code, three digit number, ' +
      'four digits on the front, code on the front, back of the card, back of my card, on the back, on the reverse, ' +
      'by the signature, signature strip, behind the card',
    expiry:
      'exp, expiry, expires, expiring, expiration, expire, exp date, expiry date, expiration date, valid thru, ' +
      'valid through, valid until, valid till, valid to, good thru, good through, good until, runs out',
    perishable:
      'milk, offer, coupon, passport, licence, license, visa expires, ticket, voucher, warranty, lease, contract, ' +
      'password, session, token, link, subscription, trial, promo, promotion, membership, deal, discount, quote, food, ' +
      'certificate, domain, policy, insurance, permit, registration',
    order:
      'order, order number, order no, order id, ref, reference, tracking, tracking number, invoice, ticket, booking, ' +
      'confirmation, confirmation number, case, transaction, parcel, shipment, account, acct, customer, serial, item, ' +
      'sku, isbn, meter, policy, claim, id, fedex, ups, usps, dhl',
    imei: 'imei',
    iban: 'iban',
    iccid: 'iccid, sim',
    phone: 'phone, phone number, telephone, tel, mobile, cell, call, fax, dial, whatsapp, ext, extension',
    unit:
      'dollars, dollar, usd, euros, euro, eur, pounds, pound, gbp, cents, bucks, percent, pm, am, oclock, minutes, ' +
      'minute, hours, hour, days, day, weeks, months, years, people, persons, miles, km, kg, grams, meters, st, nd, rd, th',
    confirm: 'yes, yeah, yep, got it, right, correct, sure, go on, go ahead, uh huh, mhm, thanks, thank you, perfect',
    letter: 'double u, w',
    reversed:
      'reversed, reverse, reverse it, backwards, backward, in reverse, right to left, back to front, from the end',
  },
  // The fifth of twenty twenty-eight.
  months: [
    'january, jan, first',
    'february, feb, second',
    'march, mar, third',
    'april, apr, fourth',
    'may, fifth',
    'june, jun, sixth',
    'july, jul, seventh',
    'august, aug, eighth',
    'september, sep, sept, ninth',
    'october, oct, tenth',
    'november, nov, eleventh',
    'december, dec, twelfth',
  ],
}
