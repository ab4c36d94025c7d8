// Exact arithmetic on scaled BigInts, half away from zero: the same results as runtime/formulas/arithmetic.py.
import { CannotCompute } from './values';

const powers: bigint[] = [];
export function tens(count: number): bigint {
  return powers[count] ??= 10n ** BigInt(count);
}

export const DIVISION_SCALE = 6;
/** No value of a formula is larger. */
export const LARGEST = 1e30;
const LARGEST_QUOTIENT = tens(12 + DIVISION_SCALE);

export const tooLarge = (): CannotCompute => new CannotCompute('too large');

/** A check that numbers of a scale stay within what a formula may hold. */
export function limiting(scale: number): (units: bigint) => bigint {
  const most = tens(30 + scale), least = -most;
  return units => {
    if (units > most || units < least) throw tooLarge();
    return units;
  };
}

/** Quotient of whole numbers, rounded half away from zero. */
export function halfAway(dividend: bigint, divisor: bigint): bigint {
  if (divisor < 0n) { dividend = -dividend; divisor = -divisor; }
  const whole = dividend / divisor;
  const rest = dividend - whole * divisor;
  if (rest < 0n) return -rest * 2n >= divisor ? whole - 1n : whole;
  return rest * 2n >= divisor ? whole + 1n : whole;
}

/** a / 10^scaleA ÷ b / 10^scaleB with six places; by zero: blank. */
export function quotient(a: bigint, scaleA: number, b: bigint, scaleB: number): bigint | null {
  if (b === 0n) return null;
  const shift = DIVISION_SCALE + scaleB - scaleA;
  const found = shift >= 0 ? halfAway(a * tens(shift), b) : halfAway(a, b * tens(-shift));
  if (found > LARGEST_QUOTIENT || found < -LARGEST_QUOTIENT) throw tooLarge();
  return found;
}

/** Rest of two numbers of the same scale, with the sign of the divisor; by zero: blank. */
export function modulo(a: bigint, b: bigint): bigint | null {
  if (b === 0n) return null;
  const rest = a % b;
  return rest !== 0n && (rest < 0n) !== (b < 0n) ? rest + b : rest;
}

export function floorDiv(a: bigint, b: bigint): bigint {
  const whole = a / b;
  return whole * b !== a && (a < 0n) !== (b < 0n) ? whole - 1n : whole;
}

/** From one scale to another, half away from zero. */
export function rescaled(units: bigint, from: number, to: number): bigint {
  if (to >= from) return units * tens(to - from);
  return halfAway(units, tens(from - to));
}

/** A decimal as Python writes it: 12.50, -3, 1E-7. */
export function parseDecimal(text: string): { units: bigint; scale: number } {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!found) throw new Error(`no decimal: ${text}`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = found;
  const trimmed = fraction.replace(/0+$/, '');
  const shift = trimmed.length - Number(exponent);
  const units = BigInt(`${sign === '-' ? '-' : ''}${whole}${trimmed || ''}` || '0');
  return shift >= 0 ? { units, scale: shift } : { units: units * tens(-shift), scale: 0 };
}

/** A number with exactly `scale` decimals: -3.50 */
export function fixed(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const text = scale ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
  return units < 0n ? `-${text}` : text;
}

/** A number as text without superfluous zeros: 12.5, -3, 0 */
export function plain(units: bigint, scale: number): string {
  const text = fixed(units, scale);
  return scale ? text.replace(/\.?0+$/, '') : text;
}
