// Review and tests: what must stay true of any version, and when people look at the model again.
import { ChoiceInput, NumberInput, Problems } from '../designer/fields';
import { Icon } from '../designer/icon';
import { advice, at, change, given, isObject, jump, problems, shown, t, type Json, type Path } from '../designer/state';
import { openRecord } from './foot';
import { bandsOf, dimensions, listOf, nameOf, tierName, tiers, type Thing } from './model';
import { Card, Faults, Standing, Warnings } from './parts';
import { tests, warnings } from './server';
import { Who } from './who';

export function ReviewPage() {
  const all = listOf('tests');
  const found = tests.found.value;
  const add = () => change(['tests'], [...all, { name: t('new_test', { n: all.length + 1 }), bands: Object.fromEntries(dimensions.value.map(each => [String(each.key), bandsOf(each).count])), expect: { tier: String(tiers.value[0]?.value.key ?? '') } }]);
  return <>
    <Card id="tests-title" title={t('rule_tests')} about={found && found.of > 0 ? t('tests_passed', { passed: found.passed, of: found.of }) : t('tests_about')}
      tools={<><button class="btn btn-sm" type="button" onClick={openRecord}><Icon name="player-record" />{t('record_test')}</button><button class="btn btn-sm" type="button" onClick={add}><Icon name="plus" />{t('add_test')}</button></>}>
      <Standing of={tests} /><Problems path={['tests']} /><Warnings path="tests" />
      {all.length > 0 ? <TestTable all={all} /> : <p class="tl-quiet">{t('tests_empty')}</p>}
    </Card>
    <Card id="review-title" title={t('review')} about={t('review_about')}><ReviewFields /></Card>
    <Card id="checks-title" title={t('checks')}><Checks /></Card>
  </>;
}

function TestTable({ all }: { all: Thing[] }) {
  const found = tests.found.value;
  return <div class="table-scroll" tabIndex={0} role="region" aria-label={`${t('rule_tests')} · ${t('table')}`}><table class="table td-test-table"><thead><tr><th scope="col">{t('test_name')}</th>{dimensions.value.map(each => <th scope="col" key={String(each.key)}>{nameOf(each)}</th>)}<th scope="col">{t('expected_score')}</th><th scope="col">{t('expected_tier')}</th><th scope="col">{t('result')}</th><th scope="col"><span class="visually-hidden">{t('remove')}</span></th></tr></thead>
    <tbody>{all.map((each, n) => <TestRow value={each} n={n} got={found?.tests.find(one => one.index === n) ?? null} key={n} />)}</tbody></table></div>;
}

function TestRow({ value, n, got }: { value: Thing; n: number; got: { ok: boolean; sentence: string } | null }) {
  const path: Path = ['tests', n];
  const bands = isObject(value.bands) ? value.bands : {};
  const name = shown(value.name) || String(n + 1);
  const rename = (text: string) => change([...path, 'name'], isObject(value.name) ? { ...value.name, [given.language]: text } : text);
  const expected: Json | undefined = at([...path, 'expect', 'tier']);
  return <tr class={got && !got.ok ? 'td-failed' : ''}><td><input class="form-control td-test-name" id={`f-${[...path, 'name'].join('/')}`} aria-label={t('test_name')} value={shown(value.name)} onInput={event => rename(event.currentTarget.value)} />
      <Faults at={path} names={['name', 'bands', ...dimensions.value.map(each => `bands/${String(each.key)}`), 'expect', 'expect/tier', 'expect/score']} />
      {Array.isArray(value.holds) && value.holds.length > 0 && <span class="tl-meta tl-quiet">{t('holds_too')} {value.holds.map(String).join(', ')}</span>}</td>
    {dimensions.value.map(each => { const key = String(each.key); const now = bands[key]; return <td key={key}><select class="form-select td-band" id={`f-${[...path, 'bands', key].join('/')}`} aria-label={`${name}: ${nameOf(each)}`} value={now === undefined || now === null ? '' : String(now)} onChange={event => change([...path, 'bands', key], event.currentTarget.value === '' ? null : Number(event.currentTarget.value))}>
      <option value="">{t('missing_short')}</option>{Array.from({ length: bandsOf(each).count }, (_, band) => <option value={String(band + 1)} key={band}>{band + 1}</option>)}{typeof now === 'number' && now > bandsOf(each).count && <option value={String(now)}>{now}</option>}</select></td>; })}
    <td><NumberInput path={[...path, 'expect', 'score']} label={`${name}: ${t('expected_score')}`} small /></td>
    <td><select class="form-select" id={`f-${[...path, 'expect', 'tier'].join('/')}`} aria-label={`${name}: ${t('expected_tier')}`} value={expected ? String(expected) : ''} onChange={event => change([...path, 'expect', 'tier'], event.currentTarget.value || undefined)}><option value="">–</option>
      {expected && !tiers.value.some(each => each.value.key === expected) && <option value={String(expected)}>{String(expected)}</option>}{tiers.value.map(each => <option value={String(each.value.key)} key={String(each.value.key)}>{tierName(each.value.key)}</option>)}</select></td>
    <td class="tl-wrap">{got ? <span class={got.ok ? 'tl-good' : 'tl-bad'}><Icon name={got.ok ? 'circle-check' : 'alert-circle'} /> {got.ok ? t('holds') : got.sentence}</span> : <span class="tl-quiet">…</span>}</td>
    <td><button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${name}`} title={t('remove')} onClick={() => change(path, undefined)}><Icon name="trash" /></button></td></tr>;
}

function ReviewFields() {
  const on = isObject(at(['review']));
  return <div class="td-pair"><div class="tl-field"><label class="form-label" for="f-review/every">{t('every')}</label>{on ? <ChoiceInput path={['review', 'every']} values={['month', 'quarter', 'half_year', 'year']} fallback="quarter" plain /> : <button class="btn btn-sm" type="button" onClick={() => change(['review'], { every: 'quarter' })}><Icon name="plus" />{t('add_review')}</button>}<Problems path={['review', 'every']} /></div>
    {on && <Who path={['review', 'owner']} label={given.settings.owner!} />}<Warnings path="review" /></div>;
}

/** Everything that keeps the draft from being published, or might be better. */
function Checks() {
  if (!problems.value.length && !warnings.value.length && !advice.value.length) return <p class="tl-good"><Icon name="circle-check" /> {t('no_problems')}</p>;
  return <><ul class="tb-problems">{problems.value.map(each => <li key={each.path + each.message}><button class="tb-problem" type="button" onClick={() => jump(each.path)}><Icon name="alert-circle" /><span>{each.message}</span></button></li>)}</ul>
    <ul class="tb-problems tb-hints">{warnings.value.map(each => <li key={each.path + each.sentence}><button class="tb-problem" type="button" onClick={() => jump(each.path)}><Icon name="bulb" /><span>{each.sentence} {each.remedy}</span></button></li>)}</ul></>;
}
