interface ImportMetaEnv {
  readonly VITE_PUBLISHABLE_KEY: string
  readonly VITE_FRAME_ORIGIN: string
}
