import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [svelte()],
  base: './',
  envDir: '..',
  build: { outDir: '../dist/svelte', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
})
