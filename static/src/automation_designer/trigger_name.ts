import { more } from './model';

export const triggerName = (type: unknown): string => more.triggers.find(each => each.type === type)?.label ?? String(type ?? '');
