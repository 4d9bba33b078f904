/** The looks at the shop that `npm test` leaves out. */
import { axeFindsNothing } from './demo-axe.ts'
import { doesNotShift } from './demo-shift.ts'

axeFindsNothing({ width: 390, height: 844 }, 'dark')
axeFindsNothing({ width: 390, height: 844 }, 'light')
axeFindsNothing({ width: 1280, height: 800 }, 'dark')
axeFindsNothing({ width: 1280, height: 800 }, 'light')

doesNotShift({ width: 390, height: 844 })
doesNotShift({ width: 1280, height: 800 })
