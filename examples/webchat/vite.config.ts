import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  base: './',
  envDir: '..',
  // Web Chat expects what webpack once gave to everyone.
  define: { global: 'globalThis' },
  resolve: {
    alias: {
      punycode: 'punycode/',
      // These three make themselves for old browsers by install scripts, which are switched off here; what they are made of does.
      'abort-controller-es5': 'abort-controller',
      'markdown-it-attrs-es5': 'markdown-it-attrs',
      'p-defer-es5': 'p-defer',
    },
  },
  build: { outDir: '../dist/webchat', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
})
