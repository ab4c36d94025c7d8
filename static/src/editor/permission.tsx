// The page of a permission set: who, what they may do, with which records, and how much of each field they see.
import { speak } from '../base/speak';
import { FormulaBox } from '../formula_editor/box';
import { Problems, titleOf, wordOf } from '../designer/fields';
import { Icon } from '../designer/icon';
import { at, change, given, isObject, problemsAt, replace, t, body, type Json, type Named } from '../designer/state';

const ACTIONS = ['view', 'add', 'edit', 'delete', 'import', 'export', 'share'];
const LEVELS = ['edit', 'view', 'masked', 'hidden'];
const OTHERS = '*';

const textOf = (name: string): string => { const value = at([name]); return typeof value === 'string' ? value : ''; };
const listOf = (name: string): string[] => { const value = at([name]); return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []; };
const fieldsNow = (): { [key: string]: Json } => { const value = at(['fields']); return isObject(value) ? value : { [OTHERS]: 'view' }; };
const levelOf = (key: string): string => String(fieldsNow()[key] ?? fieldsNow()[OTHERS] ?? 'hidden');
const membersOf = (form: string): Named[] => given.known.members?.[form] ?? [];

/** The ready-made conditions that this form allows, by name. */
function conditions(form: string): { name: string; label: string; rows: string | undefined }[] {
  const owners = membersOf(form);
  return [
    { name: 'all', label: t('ps_rows_all'), rows: undefined },
    ...owners.flatMap(each => [
      { name: `own-${each.key}`, label: t('ps_rows_own', { field: each.label }), rows: `${each.key} == CURRENT_USER()` },
      { name: `team-${each.key}`, label: t('ps_rows_team', { field: each.label }), rows: `${each.key} == CURRENT_USER() or ${each.key} in MY_REPORTS()` },
    ]),
    { name: 'made', label: t('ps_rows_made'), rows: 'created_by == CURRENT_USER()' },
  ];
}

/** What a beginner most often wants, each with all it sets. */
function begin(name: string): void {
  const form = textOf('form');
  const owner = membersOf(form)[0]?.key;
  const mine = owner ? `${owner} == CURRENT_USER()` : 'created_by == CURRENT_USER()';
  const made: Record<string, { actions: string[]; rows?: string; others: string }> = {
    submit: { actions: ['view', 'add'], rows: 'created_by == CURRENT_USER()', others: 'edit' },
    own: { actions: ['view', 'add', 'edit', 'delete'], rows: mine, others: 'edit' },
    add_view: { actions: ['view', 'add'], others: 'edit' },
    manage: { actions: ACTIONS.filter(each => each !== 'share'), others: 'edit' },
    look: { actions: ['view', 'export'], others: 'view' },
  };
  const wanted = made[name];
  if (!wanted || !isObject(body.value)) return;
  const { rows: _, ...rest } = body.value;
  replace({ ...rest, actions: wanted.actions, ...(wanted.rows ? { rows: wanted.rows } : {}), fields: { [OTHERS]: wanted.others } });
  speak(t(`ps_begin_${name}`));
}

function Begin() {
  return <section class="card" aria-labelledby="ps-begin"><div class="card-header"><h2 id="ps-begin">{t('ps_begin')}</h2></div>
    <div class="card-body tl-row tl-row-wrap">{['submit', 'own', 'add_view', 'manage', 'look'].map(name => <button class="btn btn-sm" type="button" key={name} data-begin={name} onClick={() => begin(name)}>{t(`ps_begin_${name}`)}</button>)}</div></section>;
}

// -- who ------------------------------------------------------------------------------------------------------------------------
function Who() {
  const chosen = listOf('for');
  const offers = given.known.whom ?? [];
  const own = membersOf(textOf('form')).map(each => ({ key: `field:${each.key}`, label: t('ps_in_field', { field: each.label }), group: t('ps_fields') }));
  const all = [...offers, ...own];
  const named = new Map(all.map(each => [each.key, each.label]));
  const groups = [...new Set(all.map(each => each.group))];
  return <section class="card" aria-labelledby="ps-who"><div class="card-header"><h2 id="ps-who">{t('ps_who')}</h2></div><div class="card-body">
    <ul class="tb-chips">{chosen.map((key, n) => <li key={key}><span>{named.get(key) ?? key}</span><button class="btn btn-ghost btn-icon btn-tiny" type="button" aria-label={`${t('remove')}: ${named.get(key) ?? key}`} onClick={() => { change(['for', n], undefined); speak(t('removed')); }}><Icon name="x" /></button></li>)}
      {chosen.length === 0 && <li class="tl-quiet">{t('ps_nobody')}</li>}</ul>
    <label class="form-label" for="ps-add-who">{t('ps_add_who')}</label>
    <select class="form-select" id="ps-add-who" value="" onChange={event => { const key = event.currentTarget.value; event.currentTarget.value = ''; if (key) change(['for'], [...chosen, key]); }}>
      <option value="">{t('choose')}</option>
      {groups.map(group => <optgroup label={group} key={group}>{all.filter(each => each.group === group && !chosen.includes(each.key)).map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</optgroup>)}
    </select><Problems path={['for']} /></div></section>;
}

// -- what and where -------------------------------------------------------------------------------------------------------------
function Actions() {
  const now = listOf('actions');
  const tick = (action: string, on: boolean) => {
    const wanted = new Set(on ? [...now, action, 'view'] : now.filter(each => each !== action));
    change(['actions'], ACTIONS.filter(each => wanted.has(each)));
  };
  return <section class="card" aria-labelledby="ps-what"><div class="card-header"><h2 id="ps-what">{t('ps_what')}</h2></div><div class="card-body">
    <div class="tb-checks" role="group" aria-labelledby="ps-what">{ACTIONS.map(each => <label class="form-check" key={each}><input class="form-check-input" type="checkbox" checked={now.includes(each)} disabled={each === 'view' && now.some(other => other !== 'view')}
      onChange={event => tick(each, event.currentTarget.checked)} /><span class="form-check-label">{wordOf(each)}</span></label>)}</div>
    <p class="tl-help">{t('ps_view_ticked')}</p><Problems path={['actions']} /></div></section>;
}

function Rows() {
  const form = textOf('form');
  const rows = textOf('rows');
  const offers = conditions(form);
  const ready = offers.find(each => (each.rows ?? '') === rows);
  return <section class="card" aria-labelledby="ps-rows"><div class="card-header"><h2 id="ps-rows">{t('ps_rows')}</h2></div><div class="card-body">
    <div class="tb-choices" role="radiogroup" aria-labelledby="ps-rows">{offers.map(each => <label class="form-check" key={each.name}><input class="form-check-input" type="radio" name="ps-rows" value={each.name} checked={ready === each} onChange={() => change(['rows'], each.rows)} /><span class="form-check-label">{each.label}</span></label>)}
      <label class="form-check"><input class="form-check-input" type="radio" name="ps-rows" value="own" checked={!ready} onChange={() => change(['rows'], rows || 'created_by == CURRENT_USER()')} disabled={!!ready && !rows} /><span class="form-check-label">{t('ps_rows_formula')}</span></label></div>
    <FormulaBox id="f-rows" path="rows" label={titleOf('rows')} required={false} text={rows} faulty={problemsAt.value.has('rows')} describedBy="p-rows" onText={text => change(['rows'], text === '' ? undefined : text)} rest={hide => <Problems path={['rows']} hide={hide} />} /></div></section>;
}

// -- fields ---------------------------------------------------------------------------------------------------------------------
function Level({ field, label, shared }: { field: string; label: string; shared: boolean }) {
  const own = fieldsNow()[field];
  const choose = (level: string | undefined) => change(['fields'], level === undefined ? Object.fromEntries(Object.entries(fieldsNow()).filter(([key]) => key !== field)) : { ...fieldsNow(), [field]: level });
  return <fieldset class="tb-level"><legend>{label}</legend>
    {!shared && <label class="tb-level-one"><input type="radio" name={`ps-${field}`} checked={own === undefined} onChange={() => choose(undefined)} /><span>{t('ps_inherits', { level: wordOf(levelOf(OTHERS)) })}</span></label>}
    {LEVELS.map(each => <label class="tb-level-one" key={each}><input type="radio" name={`ps-${field}`} value={each} checked={(shared ? levelOf(OTHERS) : own) === each} onChange={() => choose(each)} /><span>{wordOf(each)}</span></label>)}
    <Problems path={['fields', field]} /></fieldset>;
}

function Fields() {
  const fields = given.known.fields[textOf('form')] ?? [];
  return <section class="card" aria-labelledby="ps-fields"><div class="card-header"><h2 id="ps-fields">{t('ps_field_rights')}</h2></div><div class="card-body tb-levels">
    <Level field={OTHERS} label={t('ps_others')} shared={true} />
    {fields.map(each => <Level field={each.key} label={each.label} shared={false} key={each.key} />)}
    <p class="tl-help">{t('ps_new_fields')}</p><Problems path={['fields']} /></div></section>;
}

export function PermissionPanel() {
  const off = at(['off']) === true;
  return <div class="tb-model tb-permission">
    <label class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" checked={!off} onChange={event => change(['off'], event.currentTarget.checked ? undefined : true)} /><span class="form-check-label">{t(off ? 'ps_off' : 'ps_on')}</span></label>
    <Begin /><Who /><Actions /><Rows /><Fields />
  </div>;
}
