import type { Lexicon } from './lexicon.ts'

/** French. Base twenty from sixty on; Belgium and Switzerland have words of their own. */
export const fr: Lexicon = {
  language: 'fr',
  digits: ['zéro, zéros', 'un, une', 'deux', 'trois', 'quatre', 'cinq', 'six', 'sept', 'huit', 'neuf'],
  weak: { 1: 'hein', 7: 'cet, cette', 6: 'si', 5: 'saint', 8: 'oui' },
  numbers: {
    10: 'dix',
    11: 'onze',
    12: 'douze',
    13: 'treize',
    14: 'quatorze',
    15: 'quinze',
    16: 'seize',
    17: 'dix-sept, dixsept',
    18: 'dix-huit, dixhuit',
    19: 'dix-neuf, dixneuf',
    20: 'vingt, vingts',
    30: 'trente',
    40: 'quarante',
    50: 'cinquante',
    60: 'soixante',
    70: 'septante',
    80: 'huitante, octante, quatrevingt, quatrevingts',
    90: 'nonante',
  },
  scales: { 100: 'cent, cents', 1000: 'mille' },
  times: { 2: 'double', 3: 'triple', 4: 'quadruple' },
  and: 'et',
  vigesimal: true,
  marks: {
    filler:
      'attendez, attends, maintenant, enfin, bon, euh, heu, ben, alors, donc, ensuite, puis, et puis, tiret, espace, point, virgule, voilà, c est, après, suivi de, voyons, un instant, une seconde',
    correction:
      'non, pardon, désolé, désolée, je veux dire, excusez-moi, plutôt, rectification, je me trompe, je me suis trompé',
    restart: 'je recommence, on recommence, recommençons, reprenons, depuis le début',
    ordinal:
      'premier, premiers, première, premières, deuxième, troisième, derniers, dernières, dernier, suivants, prochains',
    part: 'partie, groupe, bloc, moitié',
    digits: 'chiffres, numéros, de plus',
    card: 'carte, cartes, carte bancaire, carte bleue, carte de crédit, carte de paiement, numéro de carte',
    other_card:
      'carte cadeau, carte de fidélité, carte sim, carte d identité, carte vitale, carte d embarquement, carte de membre, bon d achat',
    cvc: 'cryptogramme, code de sécurité, cryptogramme visuel, code de vérification de la carte, chiffres au dos, trois chiffres au dos, au dos, au verso',
    expiry:
      'expire, expiration, date d expiration, valable jusqu, valable jusqu au, valide jusqu au, date de validité, validité, fin de validité, échéance',
    perishable:
      'passeport, lait, offre, coupon, permis, contrat, abonnement, garantie, visa, session, billet, mot de passe',
    order:
      'commande, numéro de commande, référence, suivi, numéro de suivi, facture, réservation, dossier, compte, client, colis, billet',
    phone: 'téléphone, portable, mobile, appeler, appelez, fixe, numéro de téléphone, tél',
    unit: 'euros, euro, dollars, personnes, heures, heure, minutes, jours, ans, mois, pour cent, centimes',
    confirm: 'oui, d accord, ok, parfait, merci, exact, très bien',
  },
  months: [
    'janvier',
    'février',
    'mars',
    'avril',
    'mai',
    'juin',
    'juillet',
    'août',
    'septembre',
    'octobre',
    'novembre',
    'décembre',
  ],
}
