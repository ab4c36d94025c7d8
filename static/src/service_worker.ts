// Shows the offline page, in the person's language, where a page cannot be reached. Keeps that page and its style sheet, never a record.
interface Answering extends Event { request: Request; respondWith(answer: Promise<Response>): void }
interface Lasting extends Event { waitUntil(work: Promise<unknown>): void }
interface Worker { location: Location; skipWaiting(): Promise<void>; clients: { claim(): Promise<void> }; addEventListener(name: string, act: (event: never) => void): void }

const worker = self as unknown as Worker;
const asked = new URL(worker.location.href).searchParams;
const KEPT = `tierloom-offline-${asked.toString()}`;
const PAGE = `/offline?language=${asked.get('language') === 'en' ? 'en' : 'zh'}`;

async function keep(): Promise<void> {
  const store = await caches.open(KEPT);
  const page = await fetch(PAGE, { credentials: 'omit', cache: 'reload' });
  if (!page.ok) throw new Error(`the offline page answered ${page.status}`);
  const styles = [...(await page.clone().text()).matchAll(/href="(\/static\/[^"]+\.css)"/g)].map(found => found[1]!);
  await store.put(PAGE, page);
  await store.addAll(styles);
}

async function dropOthers(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith('tierloom-offline-') && name !== KEPT) await caches.delete(name);
}

async function orKept(request: Request, address: string | Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await (await caches.open(KEPT)).match(address);
    if (found) return found;
    throw error;
  }
}

worker.addEventListener('install', (event: Lasting) => event.waitUntil(keep().then(() => worker.skipWaiting())));
worker.addEventListener('activate', (event: Lasting) => event.waitUntil(dropOthers().then(() => worker.clients.claim())));
worker.addEventListener('fetch', (event: Answering) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate') event.respondWith(orKept(request, PAGE));
  else if (request.destination === 'style') event.respondWith(orKept(request, request));
});
