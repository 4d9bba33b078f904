/** Set by the build to a hash of the frame's sources; bound into everything that is sealed. */
declare const __SALLYPORT_BUILD__: string | undefined

export const build: string = typeof __SALLYPORT_BUILD__ === 'string' ? __SALLYPORT_BUILD__ : 'dev'
