/**
 * A browser offers to keep a card when its form was sent and is gone, and the page moved on: it looks while the values
 * stand. `replaceState`, since an entry of its own would have the chat's back button do nothing once.
 */
export const mayBeSaved = (): void => history.replaceState(null, '', '#done')
