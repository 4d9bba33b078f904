/**
 * Colours come in pairs, so that they hold on any ground, also on a dark page that never said so; a page that has given the
 * form colours of its own (`--sallyport-…`) has them here. In forced colours the borders are what is left.
 */
export const noticeStyles = `
  :host { display: block; grid-column: 1 / -1; flex: none; min-inline-size: 0; }
  :host([hidden]) { display: none; }
  section {
    box-sizing: border-box; display: grid; gap: 10px; margin: 8px 12px; padding: 12px 14px; border: 1px solid;
    border-radius: 16px; font: 15px/1.45 system-ui, sans-serif; font-family: inherit; text-align: start;
    border-color: var(--sallyport-line, light-dark(#d9b77a, #6d572d));
    background: var(--sallyport-surface, light-dark(#fff6e3, #2b2314)); color: var(--sallyport-text, light-dark(#3a2805, #f6e7c8));
  }
  p { margin: 0; overflow-wrap: anywhere; }
  div { display: flex; flex-wrap: wrap; gap: 8px; }
  button {
    flex: 1 1 auto; min-block-size: 44px; padding: 8px 16px; border: 1px solid; border-radius: 12px; font: inherit; font-weight: 600;
    color: inherit; background: transparent; cursor: pointer;
  }
  button:first-child {
    border-color: transparent; background: var(--sallyport-accent, light-dark(#3a2805, #f6e7c8));
    color: var(--sallyport-accent-text, light-dark(#fff, #2b2314));
  }
  button:focus-visible { outline: 3px solid var(--sallyport-focus, light-dark(#1d6fd1, #8fc0ff)); outline-offset: 2px; }
  @media (prefers-reduced-motion: no-preference) {
    section { animation: come 0.18s ease-out; }
    @keyframes come { from { opacity: 0; translate: 0 6px; } }
  }
`
