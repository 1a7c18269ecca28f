/** What a user sees and does, in the installed extension; each view leaves a picture. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXTENSION } from './programs';
import type { Server } from './server';
import type { Window } from './window';

const SHOTS = join(EXTENSION, 'out/shots');

export async function look(window: Window, server: Server, place: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  const { page } = window;
  const shot = (name: string): Promise<Buffer> => page.screenshot({ path: join(SHOTS, `${name}.png`) });
  await page.goto(server.page(place, [['openFile', server.remote(join(place, 'store.go'))]]));
  await window.see('.monaco-editor .view-lines');
  await window.seeNote('heap: returned to the caller');
  await window.see('.statusbar-item >> text=heap');
  await window.goto(37, 5);
  await window.see('.codelens-decoration >> text=1 on the heap');
  await shot('notes');
  console.log('    ok notes, code lenses and the status bar');

  await window.press(['Control+k', 'Control+i'], '.monaco-hover:not(.hidden) >> text=hands its address to the caller');
  await shot('hover');
  await page.keyboard.press('Escape');
  console.log('    ok the hover');

  await window.press(['Control+.'], '.action-widget >> text=Look for proven rewrites');
  await shot('lightbulb');
  await page.keyboard.press('Escape');
  console.log('    ok the light bulb');

  await window.command('escapelens: Show Heap Sites');
  await window.see('.pane-body .monaco-list-row >> text=example.com/store');
  await shot('tree');
  console.log('    ok the tree');
}
