/** A text in which four digits are looked for, without what is made of chance and may have any. */
export const withoutUuids = (text: string): string => text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '')
