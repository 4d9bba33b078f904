import { createRoot } from 'react-dom/client'
import '@chatscope/chat-ui-kit-styles/dist/default/styles.min.css'
import { App } from './App.tsx'
import '../page.css'
import './chatscope.css'

const root = document.querySelector('#root')
if (root === null) throw new Error('the page has no #root')
createRoot(root).render(<App />)
