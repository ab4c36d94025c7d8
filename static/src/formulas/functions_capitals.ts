// Amounts in Chinese capital numerals: runtime/formulas/functions/capitals.py says by which rules.
import { rescaled, tooLarge } from './arithmetic';
import type { Shelf } from './functions_base';
import { filled, made } from './parts';

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const PLACES: [bigint, string][] = [[1000n, '仟'], [100n, '佰'], [10n, '拾'], [1n, '']];
const GROUPS: [bigint, string][] = [[10n ** 8n, '亿'], [10n ** 4n, '万']];

function numeral(number: bigint): string {
  for (const [size, word] of GROUPS) {
    if (number < size) continue;
    const upper = number / size, rest = number % size;
    return numeral(upper) + word + (rest ? (rest < size / 10n ? '零' : '') + numeral(rest) : '');
  }
  let written = '';
  for (const [size, word] of PLACES) {
    const digit = number / size % 10n;
    if (digit) written += (written && number / (size * 10n) % 10n === 0n ? '零' : '') + DIGITS[Number(digit)] + word;
  }
  return written;
}

function capitals(units: bigint, scale: number): string {
  const all = rescaled(units, scale, 2);
  const cents = all < 0n ? -all : all;
  if (cents >= 10n ** 18n) throw tooLarge();
  const whole = cents / 100n, rest = Number(cents % 100n);
  return (all < 0n ? '负' : '') + wholePart(whole, rest) + smallPart(whole, rest);
}

function wholePart(whole: bigint, rest: number): string {
  if (!whole) return rest ? '' : '零元整';
  return numeral(whole) + (rest ? '元' : '元整');
}

function smallPart(whole: bigint, rest: number): string {
  if (!rest) return '';
  const jiao = Math.floor(rest / 10), fen = rest % 10;
  return (jiao ? `${DIGITS[jiao]}角` : whole ? '零' : '') + (fen ? `${DIGITS[fen]}分` : '');
}

export const CAPITALS: Shelf = {
  RMBUPPER: (call, [amount]) => made(call, filled([amount], (units: bigint) => capitals(units, amount.scale))),
};
