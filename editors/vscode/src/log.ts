/** Where it is written what was run, how it went and how long it took. */
import * as vscode from 'vscode';

export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  show(): void;
}

/** The output channel; under test the console too, since a test cannot read a channel. */
export function openLog(context: vscode.ExtensionContext): Log {
  const channel = vscode.window.createOutputChannel('escapelens', { log: true });
  context.subscriptions.push(channel);
  if (context.extensionMode !== vscode.ExtensionMode.Test) return channel;
  const both =
    (write: (text: string) => void) =>
    (text: string): void => {
      write(text);
      console.log(`log ${text}`);
    };
  return {
    info: both((text) => {
      channel.info(text);
    }),
    warn: both((text) => {
      channel.warn(text);
    }),
    error: both((text) => {
      channel.error(text);
    }),
    show: () => {
      channel.show();
    },
  };
}
