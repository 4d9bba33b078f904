/**
 * The two sentences that the widget says itself, in the languages of the form: what its frame is called, and that the
 * form did not come. The form brings all others (`frame/words/`), and a test holds the two lists together.
 */
import { errors, type ErrorCode } from '../protocol/errors.ts'

type Pair = readonly [title: string, failure: string]
const english: Pair = ['Secure card form', 'The card form could not load. Please go on in the chat.']
const words: Readonly<Record<string, Pair>> = {
  ar: ['نموذج البطاقة', 'تعذّر تحميل نموذج البطاقة. يُرجى المتابعة في المحادثة.'],
  cs: ['Formulář karty', 'Formulář karty se nenačetl. Pokračujte prosím v chatu.'],
  da: ['Kortformular', 'Kortformularen kunne ikke indlæses. Fortsæt i chatten.'],
  de: ['Kartenformular', 'Das Kartenformular konnte nicht geladen werden. Bitte schreiben Sie im Chat weiter.'],
  el: ['Φόρμα κάρτας', 'Η φόρμα κάρτας δεν φορτώθηκε. Συνεχίστε στη συνομιλία.'],
  es: ['Formulario de tarjeta', 'No se ha podido cargar el formulario. Continúa en el chat.'],
  fi: ['Korttilomake', 'Korttilomaketta ei voitu ladata. Jatka chatissa.'],
  fr: ['Formulaire de carte', 'Le formulaire n’a pas pu se charger. Continuez dans le chat.'],
  he: ['טופס כרטיס', 'טופס הכרטיס לא נטען. אפשר להמשיך בצ׳אט.'],
  hu: ['Kártyaűrlap', 'A kártyaűrlap nem töltődött be. Kérjük, folytassa a chatben.'],
  it: ['Modulo della carta', 'Il modulo della carta non si è caricato. Continua in chat.'],
  ja: ['カード入力フォーム', 'カード入力フォームを読み込めませんでした。チャットでお続けください。'],
  ko: ['카드 입력 양식', '카드 입력 양식을 불러오지 못했습니다. 채팅에서 계속해 주세요.'],
  nb: ['Kortskjema', 'Kortskjemaet kunne ikke lastes inn. Fortsett i chatten.'],
  nl: ['Kaartformulier', 'Het kaartformulier kon niet laden. Ga verder in de chat.'],
  pl: ['Formularz karty', 'Nie udało się wczytać formularza karty. Kontynuuj na czacie.'],
  pt: ['Formulário do cartão', 'Não foi possível carregar o formulário. Continue no chat.'],
  ro: ['Formular pentru card', 'Formularul nu s-a încărcat. Continuați în chat.'],
  sk: ['Formulár karty', 'Formulár karty sa nenačítal. Pokračujte prosím v chate.'],
  sv: ['Kortformulär', 'Kortformuläret kunde inte läsas in. Fortsätt i chatten.'],
  tr: ['Kart formu', 'Kart formu yüklenemedi. Lütfen sohbette devam edin.'],
  uk: ['Форма картки', 'Форму картки не вдалося завантажити. Продовжуйте в чаті.'],
  zh: ['银行卡表单', '无法加载银行卡表单，请在聊天中继续。'],
  'zh-Hant': ['信用卡表單', '無法載入信用卡表單，請在聊天中繼續。'],
}

interface OwnWords {
  title: string
  failure: string
  /** Nobody knows the language asked for, or it is this one. */
  isEnglish: boolean
}

/** For a tag such as `de-AT`, else for the browser's own. */
export function ownWords(asked: string): OwnWords {
  const tag = (asked || navigator.language).toLowerCase()
  const language = tag.replace(/-.*/, '').replace(/^n[no]$/, 'nb')
  const own = /^zh-(hant|tw|hk|mo)/.test(tag) ? 'zh-Hant' : language
  const [title, failure] = Object.hasOwn(words, own) ? (words[own] ?? english) : english
  return { title, failure, isEnglish: title === english[0] }
}

/**
 * A person can mend a connection; what only the page's makers can mend is told to them by its code. In English a failure
 * has a sentence of its own; in others one stands for all.
 */
export function failureFor(code: ErrorCode, asked: string): string {
  const { failure, isEnglish } = ownWords(asked)
  return isEnglish && errors[code].who === 'customer' ? errors[code].say : failure
}

export const languagesOfWidget: readonly string[] = ['en', ...Object.keys(words)]
