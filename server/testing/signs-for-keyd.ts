/** Stands for keeper where a test runs none: without its checkpoints keyd opens nothing after a minute. */
import type pg from 'pg'

export interface SignsForKeyd {
  /** From now on checkpoints come, or none. */
  there(there: boolean): void
  close(): void
}

/** @param db keyd's database, as the superuser. */
export function signsForKeyd(db: pg.Pool): SignsForKeyd {
  let signing = true
  const timer = setInterval(() => {
    if (!signing) return
    db.query(
      "insert into checkpoints (size, checkpoint) select coalesce(max(position), 0), 'a note' from audit on conflict do nothing",
    ).catch(() => undefined)
  }, 500)
  return {
    there: (there) => {
      signing = there
    },
    close: () => clearInterval(timer),
  }
}
