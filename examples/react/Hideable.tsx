import { type ReactNode, useState } from 'react'

/** The page around a chat that can be put away. */
export function Hideable({ chat }: { chat: (open: boolean) => ReactNode }) {
  const [open, setOpen] = useState(true)
  return (
    <main>
      <nav>
        <b>Harbour Rooms</b>
        <button type="button" onClick={() => setOpen(!open)}>
          {open ? 'Hide chat' : 'Show chat'}
        </button>
      </nav>
      {chat(open)}
    </main>
  )
}
