import { presets } from '../../../protocol/look/tokens.ts'
import { find, make } from '../dom.ts'
import { attributesText, type Choices, cssText, formLanguages } from './choices.ts'
import { Controls } from './controls.ts'
import { type FormState, ThemedForm } from './form.ts'
import { readyThemes } from './ready.ts'

/** The page that tries looks on: controls on one side, the sandbox's own form on the other, and the CSS to take home. */
const choices: Choices = { theme: {}, preset: 'bubble', scheme: '', locale: 'en' }
const isNarrow = matchMedia('(max-width: 40rem)')
const prefersDark = matchMedia('(prefers-color-scheme: dark)')

const states: Record<FormState, string> = {
  coming: 'The form is coming…',
  open: 'The real form, in the sandbox: nothing is charged. Press its button with empty fields to see errors; 4242, four times over, leads to the receipt.',
  completed: 'Done, and nothing was charged. This is what stays in a chat.',
  canceled: 'This form is closed.',
  enough: 'Many forms were asked for in the last minute. Please try again in a moment.',
  failed: 'The form is not there: it ended, or could not load.',
}

const again = find<HTMLButtonElement>('[data-again]')
const form = new ThemedForm(find('[data-place]'), {
  state: (state) => {
    find('[data-state]').textContent = states[state]
    again.hidden = state === 'coming' || state === 'open'
  },
  notes: (notes) => controls.tell(notes),
})
const controls = new Controls(find('[data-controls]'), (name, value) => {
  if (value.trim() === '') delete choices.theme[name]
  else choices.theme[name] = value
  changed()
})

const preset = find<HTMLSelectElement>('[data-preset]')
const scheme = find<HTMLSelectElement>('[data-scheme]')
const locale = find<HTMLSelectElement>('[data-locale]')

function changed(): void {
  scheme.value = choices.scheme
  find('[data-ground]').dataset['scheme'] = choices.scheme
  find('[data-preset-note]').textContent =
    choices.preset === 'sheet' && !isNarrow.matches
      ? 'On a phone it rises as a sheet; on a screen as wide as this one it is a bubble.'
      : ''
  form.wear(choices)
  controls.show(choices)
  const css = cssText(choices.theme)
  find('[data-css]').textContent = css === '' ? '/* Nothing differs yet: this is the form as it comes. */' : css
  find<HTMLButtonElement>('[data-copy]').disabled = css === ''
  const attributes = attributesText(choices)
  find('[data-attributes]').hidden = attributes === ''
  find('[data-attributes] code').textContent = attributes
  for (const [at, button] of [...document.querySelectorAll('[data-ready] button')].entries())
    button.setAttribute('aria-pressed', String(cssText(readyThemes[at]?.theme ?? {}) === css))
}

for (const one of presets) preset.add(new Option(one))
const english = new Intl.DisplayNames('en', { type: 'language' })
for (const tag of formLanguages) {
  const own = new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag
  const name = english.of(tag) ?? tag
  locale.add(new Option(own === name ? own : `${own} (${name})`, tag))
}
preset.addEventListener('change', () => {
  choices.preset = presets.find((one) => one === preset.value) ?? 'bubble'
  changed()
})
scheme.addEventListener('change', () => {
  choices.scheme = (['light', 'dark'] as const).find((one) => one === scheme.value) ?? ''
  changed()
})
locale.addEventListener('change', () => {
  choices.locale = locale.value
  changed()
})
for (const { name, scheme: own, theme } of readyThemes) {
  const dots = ['surface', 'accent', 'text'] as const
  const swatch = make('span', 'swatch')
  for (const dot of dots) {
    const mark = make('span')
    mark.style.backgroundColor = theme[dot] ?? ''
    swatch.append(mark)
  }
  const button = make('button', '', swatch, name)
  button.type = 'button'
  button.addEventListener('click', () => {
    choices.theme = { ...theme }
    choices.scheme = own
    changed()
  })
  find('[data-ready]').append(button)
}
find('[data-controls]').addEventListener('submit', (event) => event.preventDefault())
again.addEventListener('click', () => void form.begin())
find('[data-copy]').addEventListener('click', async () => {
  const copied = await navigator.clipboard.writeText(cssText(choices.theme)).then(
    () => true,
    () => false,
  )
  // Where the clipboard is closed to the page, the person's own keys still copy.
  if (!copied) getSelection()?.selectAllChildren(find('[data-css]'))
  const label = copied ? 'Copied' : 'Selected'
  find('[data-copy]').textContent = label
  find('[data-copied]').textContent = copied ? 'The CSS is copied.' : 'The CSS is selected; copy it by keyboard.'
  setTimeout(() => {
    find('[data-copy]').textContent = 'Copy'
    find('[data-copied]').textContent = ''
  }, 2_500)
})
for (const media of [isNarrow, prefersDark]) media.addEventListener('change', changed)
changed()
void form.begin()
