/**
 * What pages try. Each attack stands twice: against the real stack, and against a stand-in that lacks the defence, where
 * the same attack succeeds. One file, so that one worker writes the report.
 */
import './hostile/embedding.ts'
import './hostile/messages.ts'
import './hostile/rpc.ts'
import './hostile/documents.ts'
import './hostile/captures.ts'
import './hostile/agent.ts'
import './hostile/page.ts'
import './hostile/covers.ts'
