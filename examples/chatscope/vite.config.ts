import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  base: './',
  envDir: '..',
  build: { outDir: '../dist/chatscope', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
})
