// Limits across forms, duplicate checks, quality, the team and the pool: settings of the form as its model describes them.
import { ObjectInput, Suggestions } from '../designer/fields';
import { resolve } from '../designer/schema';
import { given, t } from '../designer/state';

const SHOWN = ['limits', 'duplicates', 'quality', 'team', 'pool'];

export function ChecksPage() {
  const schema = given.schema ? resolve(given.schema) : null;
  if (!schema) return null;
  const properties = Object.fromEntries(Object.entries(schema.properties).filter(([name]) => SHOWN.includes(name)));
  const others = Object.keys(schema.properties).filter(name => !SHOWN.includes(name));
  return <div class="fd-page"><Suggestions /><p class="tl-quiet">{t('checks_about')}</p>
    <section class="card"><div class="card-body"><ObjectInput path={[]} schema={{ ...schema, properties: { ...schema.properties, ...properties }, required: SHOWN }} without={others} /></div></section></div>;
}
