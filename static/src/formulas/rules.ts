// How the rules of a form stand for what is typed: what they hide, demand, lock and offer. runtime/records/rules.py does the same.
import { type Program } from './interpreter';
import { type Carried, type Page, type Rule, type Standing, LiveRecord, type LiveRow, Programs, type Treatment, prepared } from './record';
import { type Run, type Values, CannotCompute, NotInBrowser } from './values';

interface Follow { rule: Rule; when: Program | null; check: Program | null; stands: Standing }
/** What rules say of the fields of a record, or of one row. `offered`: the options of limited fields. */
export interface Said { needed: Set<string>; locked: Set<string>; offered: Map<string, Set<string>>; standing: Standing[] }
export interface Settled extends Said { record: LiveRecord; hidden: ReadonlyMap<string, Treatment>; rows: Map<string, Said[]> }

export const placeOf = (subform: string, number: number, key: string): string => `${subform}/${number}/${key}`;

const followed = (rule: Rule): Follow => ({ rule, when: prepared(rule.when), check: prepared(rule.check), stands: rule.stands });

export class Rules {
  readonly treatments = new Map<string, Treatment>();
  /** By sub-form the fields of its rows that a rule may hide. */
  readonly hideable = new Map<string, Map<string, Treatment>>();
  private readonly programs: Programs;
  private readonly own: Follow[];
  private readonly ofRows: Map<string, Follow[]>;
  private readonly rounds: number;
  private rowsStand: Record<string, Standing[][]>;

  constructor(private readonly carried: Carried) {
    this.programs = new Programs(carried);
    this.own = carried.rules.map(followed);
    this.ofRows = new Map(Object.entries(carried.row_rules ?? {}).map(([subform, rules]) => [subform, rules.map(followed)]));
    this.rowsStand = carried.rows_stand ?? {};
    for (const { show, hidden_value = 'clear' } of carried.rules) for (const key of show ?? []) this.treatments.set(key, hidden_value);
    for (const [subform, rules] of this.ofRows) {
      const shown = new Map(rules.flatMap(({ rule }) => (rule.show ?? []).map(key => [key, rule.hidden_value ?? 'clear'] as const)));
      if (shown.size) this.hideable.set(subform, shown);
    }
    this.rounds = this.treatments.size + [...this.hideable.values()].reduce((sum, keys) => sum + keys.size, 0) + 1;
  }

  get rules(): Rule[] { return this.own.map(each => each.rule); }
  rulesOfRows(subform: string): Rule[] { return (this.ofRows.get(subform) ?? []).map(each => each.rule); }
  get subforms(): string[] { return [...this.ofRows.keys()]; }

  /** What the server says counts where the browser cannot tell. */
  hear(rules: Standing[] | undefined, rows: Record<string, Standing[][]> | undefined): void {
    rules?.forEach((stands, number) => { if (this.own[number]) this.own[number].stands = stands; });
    Object.assign(this.rowsStand, rows ?? {});
  }

  /** What a hidden field was may decide about the next, so it goes round until nothing changes. */
  settle(page: Page, run: Run): Settled {
    let hidden: ReadonlyMap<string, Treatment> = new Map();
    for (let round = 0; ; round++) {
      const record = new LiveRecord(this.carried, this.programs, page, run, hidden);
      const standing = this.own.map(each => standingOf(each, each.stands, record, run));
      const ofRows = this.standingOfRows(record, run);
      const now = round < this.rounds ? this.hiddenBy(standing, ofRows) : hidden;
      if (same(now, hidden)) return { record, hidden, ...this.said(this.own, standing), rows: this.saidOfRows(ofRows) };
      hidden = now;
    }
  }

  private standingOfRows(record: LiveRecord, run: Run): Map<string, Standing[][]> {
    return new Map([...this.ofRows].map(([subform, rules]) => [subform, (record.rows(subform) ?? []).map((row, number) =>
      rules.map((each, which) => standingOf(each, this.rowsStand[subform]?.[number]?.[which] ?? { when: !!each.rule.show, check: true }, row, run)))]));
  }

  private hiddenBy(standing: Standing[], ofRows: Map<string, Standing[][]>): Map<string, Treatment> {
    const shown = keysOf(this.own, standing, 'show');
    const hidden = new Map([...this.treatments].filter(([key]) => !shown.has(key)));
    for (const [subform, keys] of this.hideable) {
      ofRows.get(subform)!.forEach((row, number) => {
        const inRow = keysOf(this.ofRows.get(subform)!, row, 'show');
        for (const [key, treatment] of keys) if (!inRow.has(key)) hidden.set(placeOf(subform, number, key), treatment);
      });
    }
    return hidden;
  }

  private said(rules: Follow[], standing: Standing[]): Said {
    const offered = new Map<string, Set<string>>();
    rules.forEach(({ rule }, number) => {
      if (!standing[number].when) return;
      for (const key of rule.limit ?? []) offered.set(key, new Set([...offered.get(key) ?? [], ...rule.options ?? []]));
    });
    return { needed: keysOf(rules, standing, 'require'), locked: keysOf(rules, standing, 'read_only'), offered, standing };
  }

  private saidOfRows(ofRows: Map<string, Standing[][]>): Map<string, Said[]> {
    return new Map([...ofRows].map(([subform, rows]) => [subform, rows.map(row => this.said(this.ofRows.get(subform)!, row))]));
  }
}

function keysOf(rules: Follow[], standing: Standing[], purpose: 'show' | 'require' | 'read_only'): Set<string> {
  const found = new Set<string>();
  rules.forEach(({ rule }, number) => { if (standing[number].when) for (const key of rule[purpose] ?? []) found.add(key); });
  return found;
}

function standingOf({ rule, when, check }: Follow, otherwise: Standing, values: LiveRecord | LiveRow, run: Run): Standing {
  const holds = rule.always || truth(when, values, run, otherwise.when);
  return { when: holds, check: rule.check === undefined || !holds || truth(check, values, run, otherwise.check) };
}

function truth(program: Program | null, values: Values, run: Run, otherwise: boolean): boolean {
  if (!program) return otherwise;
  try { return program.run(values, run) === true; } catch (error) {
    if (error instanceof NotInBrowser) return otherwise;
    if (error instanceof CannotCompute) return false;
    throw error;
  }
}

function same(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) if (!b.has(key)) return false;
  return true;
}
