// SHA-256 (FIPS 180-4) of short texts, at once: crypto.subtle answers later, and only on pages that came by https.
const K = new Uint32Array(64);
const FIRST = new Uint32Array(8);
{
  const isPrime = (n: number) => { for (let by = 2; by * by <= n; by++) if (n % by === 0) return false; return true; };
  const part = (root: number) => Math.floor((root - Math.floor(root)) * 2 ** 32);
  for (let n = 2, at = 0; at < 64; n++) if (isPrime(n)) { if (at < 8) FIRST[at] = part(Math.sqrt(n)); K[at++] = part(Math.cbrt(n)); }
}
const W = new Uint32Array(64);
const turned = (x: number, by: number) => (x >>> by) | (x << (32 - by));

/** The first 32 bits of the hash of at most 55 ASCII letters. */
function firstWord(text: string): number {
  W.fill(0, 0, 16);
  for (let at = 0; at < text.length; at++) W[at >> 2]! |= text.charCodeAt(at) << (24 - 8 * (at & 3));
  W[text.length >> 2]! |= 0x80 << (24 - 8 * (text.length & 3));
  W[15] = 8 * text.length;
  for (let at = 16; at < 64; at++) {
    const x = W[at - 15]!, y = W[at - 2]!;
    W[at] = W[at - 16]! + W[at - 7]! + (turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)) + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = FIRST as unknown as [number, number, number, number, number, number, number, number];
  for (let at = 0; at < 64; at++) {
    const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + K[at]! + W[at]!) | 0;
    const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  return (FIRST[0]! + a) | 0;
}

/** Says of what follows a beginning with how many zero bits its hash begins, 32 at most. */
export const leadingZeros = (beginning: string) => (rest: string): number => Math.clz32(firstWord(beginning + rest));
