/**
 * What pages try. Each attack stands twice: against the real stack, and against a stand-in that lacks the defence, where
 * the same attack succeeds.
 */
import { test } from '@playwright/test'
import './hostile/embedding.ts'
import './hostile/messages.ts'
import './hostile/rpc.ts'
import './hostile/documents.ts'
import './hostile/captures.ts'
import './hostile/agent.ts'
import './hostile/page.ts'
import './hostile/covers.ts'

// The attacks side by side; the two halves of each in order (attack.ts).
test.describe.configure({ mode: 'parallel' })
