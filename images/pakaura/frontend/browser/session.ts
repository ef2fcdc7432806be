/** The token of who is logged in, kept in this browser. */

const KEY = 'pakaura.token';

export function storedToken(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return ''; // storage is switched off: logged in until the page is closed
  }
}

export function storeToken(token: string): void {
  try {
    if (token) localStorage.setItem(KEY, token);
    else localStorage.removeItem(KEY);
  } catch {
    // as above
  }
}
