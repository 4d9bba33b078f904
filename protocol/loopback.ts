/**
 * Names of the machine itself. A page there is reached without any network, so `navigator.onLine` says nothing of it:
 * browsers answer false on a machine that has no interface but the loopback.
 */
export const isLoopback = (hostname: string): boolean => /^((.+\.)?localhost|\[::1\]|127(\.\d+){3})$/.test(hostname)
