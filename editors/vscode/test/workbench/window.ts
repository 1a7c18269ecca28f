/** A page of headless Chromium that shows a workbench, and what a user does in it. */
import { chromium, type Browser, type Page } from 'playwright-core';

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--no-first-run',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];
export const PATIENCE = 60_000;

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

export class Window {
  /** Requests that would have left the machine. */
  readonly outside: string[] = [];

  private constructor(readonly page: Page) {}

  static async open(browser: Browser): Promise<Window> {
    const page = await browser.newPage({ viewport: { width: 1440, height: 800 } });
    page.setDefaultTimeout(PATIENCE);
    const window = new Window(page);
    page.on('request', (request) => {
      const { protocol, hostname, href } = new URL(request.url());
      if (/^(http|ws)/.test(protocol) && hostname !== '127.0.0.1') window.outside.push(href.slice(0, 120));
    });
    return window;
  }

  async see(selector: string): Promise<void> {
    await this.page.waitForSelector(selector);
  }

  async gone(selector: string): Promise<void> {
    await this.page.waitForSelector(selector, { state: 'detached' });
  }

  /** Waits for a note at the end of a line. */
  async seeNote(text: string, opacity = '1'): Promise<void> {
    await this.page.waitForFunction(NOTE, [text, opacity]);
  }

  async noteGone(text: string): Promise<void> {
    await this.page.waitForFunction(NO_NOTE, text);
  }

  /** Puts the caret somewhere by the keyboard: a click may land anywhere within a word. */
  async goto(line: number, column: number): Promise<void> {
    await this.page.mouse.move(5, 5);
    await this.until(`line ${line}`, async () => {
      await this.press(['Control+1', 'Control+g'], '.quick-input-widget input:focus');
      await this.page.keyboard.type(`${line}:${column}`);
      await this.page.keyboard.press('Enter');
      await this.page.waitForSelector(`.statusbar-item >> text=Ln ${line},`, { timeout: 3000 });
    });
  }

  /** Does something again until it succeeds, since a workbench may be busy when keys come. */
  async until(what: string, act: () => Promise<unknown>): Promise<void> {
    for (const start = Date.now(); ; ) {
      try {
        await act();
        return;
      } catch (error) {
        if (Date.now() - start > PATIENCE) throw new Error(`it did not happen: ${what}`, { cause: error });
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Presses keys until something shows. */
  press(keys: readonly string[], selector: string): Promise<void> {
    return this.until(`${keys.join(' ')}: ${selector}`, async () => {
      for (const key of keys) await this.page.keyboard.press(key);
      await this.page.waitForSelector(selector, { timeout: 3000 });
    });
  }

  /** Takes the first action of the light bulb's menu, which has a title, until something shows, if only after a while. */
  choose(title: string, selector: string, timeout = 5000): Promise<void> {
    return this.until(title, async () => {
      await this.press(['Control+.'], `.action-widget .monaco-list-row.focused >> text=${title}`);
      await this.page.keyboard.press('Enter');
      await this.page.waitForSelector(selector, { timeout });
    });
  }

  async quickOpen(name: string): Promise<void> {
    await this.press(['Control+p'], '.quick-input-widget input:focus');
    await this.page.keyboard.type(name);
    await this.see(`.quick-input-list .monaco-list-row.focused >> text=${name}`);
    await this.page.keyboard.press('Enter');
    await this.see(`.tab.active >> text=${name}`);
  }

  /** Runs a command by its name in the palette. */
  async command(name: string): Promise<void> {
    await this.press(['F1'], '.quick-input-widget input:focus');
    await this.page.keyboard.type(name);
    await this.see(`.quick-input-list .monaco-list-row.focused >> text=${name}`);
    await this.page.keyboard.press('Enter');
  }
}

// These run in the page. The text of a decoration is the content of its ::after.
const NOTE = `([text, opacity]) => {
  const styles = [...document.querySelectorAll('.view-line span')].map((span) => getComputedStyle(span, '::after'));
  const found = styles.filter(({ content }) => content.includes(text));
  return found.length > 0 && found.every((style) => style.opacity === opacity);
}`;
const NO_NOTE = `(text) => ![...document.querySelectorAll('.view-line span')].some((span) => getComputedStyle(span, '::after').content.includes(text))`;
