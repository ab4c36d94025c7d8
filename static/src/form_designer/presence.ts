// Who else has this form's draft open, and at which field they are.
import { startPresence as start } from '../designer/presence';
import { selected } from './model';

export { here } from '../designer/presence';
export const startPresence = (): void => start(() => selected.peek()[0] ?? '');
