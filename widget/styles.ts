import { unsafeCSS } from '@lit/reactive-element'

/**
 * The element's own sheet. What the form looks like is the frame's; here is where it stands.
 *
 * The iframe is laid out at full width from the start: neither `display: none` nor lazy loading would be ready in time.
 * It is `light`, whatever the page is, and so is the root of the frame's document: where the two differ browsers paint an
 * opaque sheet between them, which is white while there is no document yet. The form's own colours, dark ones too, are
 * those that the port says. `away`: nobody tabs into a form that is not there.
 *
 * A sheet's padding is the room of a phone's home bar, which a frame of another origin is not told of.
 *
 * A link's card takes the colours of the message that it stands in, but for its code, which cameras read black on white.
 *
 * Lit's `css` would bring the sentence of an error that a text without values never meets: a hundred bytes.
 */
export const styles = unsafeCSS(`
  :host { display: block; max-inline-size: 26.25rem; }
  :host([preset="page"]) { max-inline-size: 60rem; }
  :host([hidden]) { display: none; }
  iframe { display: block; inline-size: 100%; block-size: 0; border: 0; background: transparent; color-scheme: light; }
  .away { visibility: hidden; }
  p, a { margin: 0; font: 15px/1.4 system-ui, sans-serif; }
  section { display: grid; gap: 12px; margin-block: 12px; padding: 16px; border: 1px solid; border-radius: 20px; }
  b { font: 600 22px/1.3 system-ui, sans-serif; direction: ltr; text-align: center; }
  a { padding: 13px; border: 1px solid; border-radius: 14px; text-align: center; color: inherit; }
  svg { inline-size: min(100%, 11rem); margin: auto; background: #fff; stroke: #000; forced-color-adjust: none; }
  [popover]:not(.lifted) {
    inset: auto 0 0; inline-size: auto; max-inline-size: none; max-block-size: 100dvh;
    margin: 0; border: 0; padding: 0 0 env(safe-area-inset-bottom);
    overflow: auto; overscroll-behavior: contain; border-radius: 24px 24px 0 0;
    background: var(--sallyport-surface, light-dark(#fff, #1b1d21)); box-shadow: 0 -6px 40px rgb(0 0 0 / 0.2);
  }
  .lifted { inset: auto; margin: 0; border: 0; padding: 0; overflow: visible; background: none; }
  @media (prefers-reduced-motion: no-preference) {
    [popover]:not(.lifted) { animation: rise 0.28s cubic-bezier(0.2, 0.8, 0.2, 1); }
    @keyframes rise { from { translate: 0 40%; } }
  }
`)
