import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepAlive } from './liveness.ts'

describe('a frame that is bound', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  const start = async () => {
    const page = { visibilityState: 'visible' }
    vi.stubGlobal('document', page)
    const state = { answers: true, isConnected: true, isShown: true, isCurrent: true, pings: 0, lost: [] as string[] }
    const frame = {
      bound: Promise.resolve(),
      element: {
        get isConnected() {
          return state.isConnected
        },
        // Sound: asked for its length alone. A box of no height counts, no box does not.
        getClientRects: () => ({ length: Number(state.isShown) }) as DOMRectList,
      },
      call: (): Promise<void> => {
        state.pings += 1
        return state.answers ? Promise.resolve() : new Promise(() => {})
      },
    }
    keepAlive(
      frame,
      () => state.isCurrent,
      (code) => {
        state.lost.push(code)
        state.isCurrent = false
      },
    )
    await vi.advanceTimersByTimeAsync(0)
    return { page, state }
  }

  it('is not lost while it answers', async () => {
    const { state } = await start()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([state.pings, state.lost]).toEqual([60, []])
  })

  it('is lost a second after it was taken out of the page', async () => {
    const { state } = await start()
    await vi.advanceTimersByTimeAsync(5_500)
    state.isConnected = false
    await vi.advanceTimersByTimeAsync(1_000)
    expect(state.lost).toEqual(['channel.lost'])
  })

  it('is lost when it answers nothing for eight seconds, once', async () => {
    const { state } = await start()
    state.answers = false
    await vi.advanceTimersByTimeAsync(8_999)
    expect(state.lost).toEqual([])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(state.lost).toEqual(['channel.lost'])
  })

  it('is not asked while its chat is put away, has eight seconds anew when it is back, and is lost at once if it went', async () => {
    const { state } = await start()
    state.answers = false
    await vi.advanceTimersByTimeAsync(7_500)
    state.isShown = false
    await vi.advanceTimersByTimeAsync(60_000)
    expect([state.pings, state.lost]).toEqual([7, []])
    state.isShown = true
    await vi.advanceTimersByTimeAsync(8_000)
    expect([state.pings, state.lost]).toEqual([15, []])
    state.isShown = state.isConnected = false
    await vi.advanceTimersByTimeAsync(1_000)
    expect(state.lost).toEqual(['channel.lost'])
  })

  it('is not asked while the page is hidden, however long', async () => {
    const { page, state } = await start()
    state.answers = false
    page.visibilityState = 'hidden'
    await vi.advanceTimersByTimeAsync(600_000)
    expect([state.pings, state.lost]).toEqual([0, []])
  })
})
