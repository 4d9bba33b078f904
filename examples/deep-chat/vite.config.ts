import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  envDir: '..',
  build: { outDir: '../dist/deep-chat', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
})
