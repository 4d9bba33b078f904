/** A door of the house, and how to knock at it. */
import type { Socket } from 'node:net'
import type { Role } from '../config.ts'
import type { Spelling } from './judge.ts'

export interface DoorRoute {
  method: string
  /** With `{id}` where a parameter stands. */
  path: string
  /** Of an inner door: who may come to it. */
  caller?: Role
}

export type HeaderList = readonly (readonly [name: string, value: string])[]

export interface Door {
  name: string
  connect(): Socket
  routes: readonly DoorRoute[]
  spelling: Spelling
  /** Bytes that a body may have. */
  bodyBytesMax: number
  /** A good body for a route, made anew where it is used up; `{}` where there is none. */
  body(route: DoorRoute): object
  /** What stands for `{id}`. */
  id(route: DoorRoute): string
  /** A good query. */
  query(route: DoorRoute): string
  credentials(request: { method: string; path: string; body: Buffer }): Promise<HeaderList>
}

export interface Doors {
  all: readonly Door[]
  /** Everything that any of them logged. */
  log(): string
  /** From now on. */
  forgetLog(): void
  /** Sockets that the outer doors hold. */
  ports: readonly number[]
  /** New captures, sessions and tokens in place of those that a storm has ended. */
  refresh(): Promise<void>
  close(): Promise<void>
}
