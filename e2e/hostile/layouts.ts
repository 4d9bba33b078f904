/**
 * How ordinary pages set a chat, and how hostile ones lie over a form. Those of the first list turn the browser's word
 * "visible" false in part (a filter, a fade, a toast's empty container), and yet nobody is kept from paying there.
 */
import { script } from './pages.ts'

export interface Layout {
  name: string
  /** Before the chat: styles, and what lies over the page. */
  before?: string
  around?: readonly [before: string, after: string]
  /** A transform, from which the lift sets free. */
  turned?: true
  /** On a phone, where a sheet is the top layer's already. */
  preset?: 'sheet'
}

const fixed = (style: string, inner = ''): string => `<div style="position:fixed; ${style}">${inner}</div>`
const inA = (style: string, inner = ''): [string, string] => [`<div style="${style}">${inner}`, '</div>']
/** The empty container of a page's toasts. */
const toasts = fixed('inset: 0; z-index: 9999; pointer-events: none')
const styled = (css: string): string => `<style>${css}</style>`

export const ordinary: readonly Layout[] = [
  { name: 'a plain chat' },
  { name: 'a rounded bubble that cuts its corners', around: inA('border-radius: 24px; overflow: hidden') },
  {
    name: 'a list that scrolls, with a header and a composer that stick',
    around: [
      `<div style="height: 640px; overflow: auto"><div style="position: sticky; top: 0; z-index: 2; height: 48px; background: #eee">Chat</div>`,
      `<div style="position: sticky; bottom: 0; z-index: 2; height: 48px; background: #eee">Write…</div></div>`,
    ],
  },
  { name: 'an ancestor that is half-way through a fade', around: inA('opacity: 0.6') },
  {
    name: 'a fade that is running when the form is sent',
    before: `${styled('@keyframes in { from { opacity: 0 } } .late { animation: in 600ms }')}${script(() => {
      addEventListener('pay', () => document.querySelector('.chat')?.classList.add('late'))
    })}`,
    around: ['<div class="chat">', '</div>'],
  },
  { name: 'dark mode by inversion', around: inA('filter: invert(1) hue-rotate(180deg); background: #fff') },
  { name: 'a drop shadow by filter', around: inA('filter: drop-shadow(0 2px 4px #0004)') },
  { name: 'frosted glass', around: inA('backdrop-filter: blur(8px)') },
  { name: 'a blend mode', around: inA('mix-blend-mode: multiply') },
  { name: 'a chat that is scaled down', around: inA('transform: scale(0.9); transform-origin: 0 0'), turned: true },
  { name: 'a chat that is turned a little', around: inA('rotate: 0.4deg'), turned: true },
  { name: 'a chat in perspective', around: inA('transform: perspective(800px) rotateY(1deg)'), turned: true },
  {
    name: 'a shadow of a neighbour over the form',
    before: fixed('left: 0; top: 0; width: 40px; height: 40px; box-shadow: 0 0 0 200px #0001; z-index: 3'),
  },
  {
    name: 'a ring drawn over the form by ::after',
    before: styled(
      '.ring { position: relative } .ring::after { content: ""; position: absolute; inset: 0; border-radius: 20px; box-shadow: inset 0 0 0 2px #09f; pointer-events: none }',
    ),
    around: ['<div class="ring">', '</div>'],
  },
  {
    name: 'the empty container of toasts over the whole window',
    before: toasts,
  },
  {
    name: 'a launcher that touches the form',
    before: fixed(
      'right: 0; bottom: 0; width: calc(100vw - 420px); height: 60vh; border-radius: 30px; background: #09f; z-index: 9; pointer-events: none',
    ),
  },
  { name: 'a page that is zoomed', before: styled('body { zoom: 1.25 }'), around: inA('opacity: 0.9') },
  {
    name: 'a page from right to left',
    before: styled('body { direction: rtl }'),
    around: inA('filter: brightness(1)'),
  },
  {
    name: 'a chat in a modal dialog',
    before: script(() => {
      addEventListener('load', () => document.querySelector('dialog')?.showModal())
    }),
    around: ['<dialog style="width: 420px">', '</dialog>'],
  },
  {
    name: 'a chat in a popover, below a banner that came later',
    before: `${fixed('inset: auto 0 0; height: 40vh; margin: 0; width: 100vw; border: 0; background: #fffc; pointer-events: none', 'Cookies?').replace('<div', '<div id="banner" popover="manual"')}${script(
      () => {
        addEventListener('load', () => {
          for (const id of ['chat', 'banner']) document.getElementById(id)?.showPopover()
        })
      },
    )}`,
    around: ['<div id="chat" popover="manual" style="width: 420px">', '</div>'],
  },
  {
    name: 'a sheet on a phone, below a banner that came after it',
    preset: 'sheet',
    before: `<div id="banner" popover="manual" style="inset: auto 0 0; width: 100vw; height: 60vh; margin: 0; border: 0; padding: 0; background: #fffc; pointer-events: none">Cookies?</div>${script(
      () => {
        addEventListener('pay', () => document.getElementById('banner')?.showPopover())
      },
    )}`,
  },
  {
    name: 'a chat that is scrolled while its form is raised',
    before: `${styled('body { min-height: 3000px }')}${toasts}${script(() => {
      addEventListener('pay', () => {
        // As a wheel does it: between two frames.
        let turns = 0
        const wheel = setInterval(() => {
          turns += 1
          scrollTo(0, 40 + 40 * Math.sin(turns / 3))
          if (turns === 80) clearInterval(wheel)
        }, 30)
      })
    })}`,
  },
]

/** What goes on top again as soon as anything is raised: a script that knows the widget. */
const onTopAgain = (style: string): string =>
  `<div id="cover" popover="manual" style="inset: 0; width: 100vw; height: 100vh; margin: 0; border: 0; padding: 0; pointer-events: none; ${style}"></div>${script(
    () => {
      const cover = document.getElementById('cover')
      const raise = (): void => {
        cover?.hidePopover()
        cover?.showPopover()
      }
      addEventListener('load', raise)
      setInterval(raise, 200)
    },
  )}`

export const covered: readonly Layout[] = [
  { name: 'a later popover', before: onTopAgain('background: #fff') },
  { name: 'an overlay at 2 % opacity that goes on top again', before: onTopAgain('background: #000; opacity: 0.02') },
  { name: 'an ancestor at opacity 0.1', around: inA('opacity: 0.1') },
  {
    name: 'an overlay that comes and goes',
    before: `${onTopAgain('background: #fff')}${script(() => {
      const cover = document.getElementById('cover')
      setInterval(() => {
        if (cover !== null) cover.style.opacity = cover.style.opacity === '0' ? '1' : '0'
      }, 150)
    })}`,
  },
  {
    name: 'one field that is covered',
    before: onTopAgain('background: #000; opacity: 0.02; inset: 180px auto auto 0; width: 300px; height: 60px'),
  },
  {
    name: 'the line of who asks, and how much',
    before: onTopAgain('background: #fff; inset: 70px auto auto 0; width: 420px; height: 70px'),
  },
  {
    name: 'a sheet on a phone, below a popover that goes on top again',
    preset: 'sheet',
    before: onTopAgain('background: #fff'),
  },
  {
    name: 'a page that scrolls the form away as soon as it is raised',
    before: `${styled('body { min-height: 5000px }')}${toasts}${script(() => {
      setInterval(() => {
        if (window.card?.shadowRoot?.querySelector('.lifted')) scrollTo(0, 3_000)
      }, 20)
    })}`,
  },
  {
    name: 'a page that keeps the form from being raised',
    before: `${fixed('inset: 0; background: #000; opacity: 0.02; z-index: 9; pointer-events: none')}${script(() => {
      HTMLElement.prototype.showPopover = () => {}
    })}`,
  },
]
