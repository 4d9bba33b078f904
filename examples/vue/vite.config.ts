import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  // The element is none of Vue's components.
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === 'sallyport-capture' } } })],
  base: './',
  envDir: '..',
  build: { outDir: '../dist/vue', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
})
