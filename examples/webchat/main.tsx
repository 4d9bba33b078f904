import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import '../page.css'
import './webchat.css'

const root = document.querySelector('#root')
if (root === null) throw new Error('the page has no #root')
createRoot(root).render(<App />)
